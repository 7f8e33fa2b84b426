using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Management.Automation.Internal;
using System.Security;
using System.Text;
using PisaHpc.Host.Output;

namespace PisaHpc.Host.Terminal;

/// <summary>
/// The engine's way to a person. Objects and what a script says to its reader go to stdout; errors, warnings, verbose and debug lines
/// and progress go to stderr, so that stdout can be piped on. In Json mode stdout belongs to the document alone.
/// </summary>
internal sealed class TerminalUserInterface(TerminalState terminal, MessageWriter messages, OutputFormat format)
    : PSHostUserInterface, IHostUISupportsMultipleChoiceSelection
{
    private readonly ProgressDisplay _progress = new(terminal);
    private readonly Questions _questions = new(terminal);
    private readonly StringBuilder _unfinished = new();

    public override PSHostRawUserInterface RawUI { get; } = new TerminalRawUserInterface(terminal);

    public override bool SupportsVirtualTerminal => terminal.OutputColours;

    /// <summary>Clears the progress lines, because something else is about to write.</summary>
    public void HideProgress() => _progress.Hide();

    /// <summary>The run has ended: what stands without a line end is said too, and progress goes.</summary>
    public void Finish()
    {
        HideProgress();
        if (_unfinished.Length > 0)
        {
            WriteLine();
        }
    }

    public override void Write(string value)
    {
        HideProgress();
        if (format == OutputFormat.Json)
        {
            _unfinished.Append(value);
        }
        else
        {
            Console.Out.Write(Undecorated(value));
        }
    }

    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) =>
        Write(terminal.OutputColours ? AnsiColours.Paint(value, foregroundColor) : value);

    public override void WriteLine(string value)
    {
        HideProgress();
        if (format == OutputFormat.Json)
        {
            messages.Say("information", Undecorated(_unfinished.Append(value).ToString()));
            _unfinished.Clear();
        }
        else
        {
            Console.Out.WriteLine(Undecorated(value));
        }
    }

    public override void WriteLine() => WriteLine("");

    public override void WriteErrorLine(string value)
    {
        HideProgress();
        if (format == OutputFormat.Json)
        {
            messages.Report("ErrorLine", value);
        }
        else
        {
            Console.Error.WriteLine(value);
        }
    }

    public override void WriteWarningLine(string message) => Say("warning", message);

    public override void WriteVerboseLine(string message) => Say("verbose", message);

    public override void WriteDebugLine(string message) => Say("debug", message);

    public override void WriteProgress(long sourceId, ProgressRecord record) => _progress.Show(sourceId, record);

    public override string ReadLine() => _questions.ReadLine();

    public override SecureString ReadLineAsSecureString() => _questions.ReadSecret();

    public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions)
    {
        HideProgress();
        return _questions.AskFields(caption, message, descriptions);
    }

    public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice)
    {
        HideProgress();
        return _questions.AskChoice(caption, message, choices, defaultChoice);
    }

    public Collection<int> PromptForChoice(
        string? caption, string? message, Collection<ChoiceDescription> choices, IEnumerable<int>? defaultChoices)
    {
        HideProgress();
        return _questions.AskChoices(caption, message, choices, defaultChoices);
    }

    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) =>
        PromptForCredential(
            caption, message, userName, targetName, PSCredentialTypes.Default, PSCredentialUIOptions.Default);

    public override PSCredential PromptForCredential(
        string caption, string message, string userName, string targetName,
        PSCredentialTypes allowedCredentialTypes, PSCredentialUIOptions options)
    {
        HideProgress();
        return _questions.AskCredential(caption, message, userName);
    }

    /// <summary>Views and scripts decorate text for terminals (bold headers, colours); without one the text goes out plain.</summary>
    private string Undecorated(string text) =>
        terminal.OutputColours ? text : new StringDecorated(text).ToString(OutputRendering.PlainText);

    private void Say(string kind, string message)
    {
        HideProgress();
        messages.Say(kind, message);
    }
}
