using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Management.Automation.Internal;
using System.Security;
using System.Text;

namespace PisaHpc.Host.Output;

/// <summary>
/// What a script says while it runs. Objects and what it says to its reader go to stdout; errors, warnings, verbose and debug lines go to
/// stderr, so that stdout can be piped on. In JSON stdout belongs to the objects alone. Progress is for a person, and goes nowhere; a
/// question is an error at once.
/// </summary>
internal sealed class ScriptUserInterface(MessageWriter messages, OutputFormat format) : PSHostUserInterface
{
    private readonly StringBuilder _unfinished = new();

    public override PSHostRawUserInterface RawUI { get; } = new ViewSize();

    /// <summary>The run has ended: what stands without a line end is said too.</summary>
    public void Finish()
    {
        if (_unfinished.Length > 0)
        {
            WriteLine();
        }
    }

    public override void Write(string value)
    {
        if (format != OutputFormat.Text)
        {
            _unfinished.Append(value);
        }
        else
        {
            Console.Out.Write(Plain(value));
        }
    }

    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) => Write(value);

    public override void WriteLine(string value)
    {
        if (format != OutputFormat.Text)
        {
            messages.Say("information", Plain(_unfinished.Append(value).ToString()));
            _unfinished.Clear();
        }
        else
        {
            Console.Out.WriteLine(Plain(value));
        }
    }

    public override void WriteLine() => WriteLine("");

    public override void WriteErrorLine(string value)
    {
        if (format != OutputFormat.Text)
        {
            messages.Report("ErrorLine", value);
        }
        else
        {
            Console.Error.WriteLine(value);
        }
    }

    public override void WriteWarningLine(string message) => messages.Say("warning", message);

    public override void WriteVerboseLine(string message) => messages.Say("verbose", message);

    public override void WriteDebugLine(string message) => messages.Say("debug", message);

    public override void WriteProgress(long sourceId, ProgressRecord record)
    {
        // A program reads results.
    }

    public override string ReadLine() => throw Unanswered("a line of input", "Pass the value as a parameter.");

    public override SecureString ReadLineAsSecureString() => throw Unanswered("a secret", "Pass the value as a parameter.");

    public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions)
    {
        var names = string.Join(", ", descriptions.Select(field => "-" + field.Name));
        throw Unanswered($"a value for {names}", $"Give {names} on the command line.");
    }

    public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice) =>
        throw Unanswered($"an answer to '{message}'", "Answer beforehand with -Confirm:$false, or with -Force where the command has it.");

    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) =>
        throw Unanswered("a credential", "Pass a credential as a parameter.");

    public override PSCredential PromptForCredential(
        string caption, string message, string userName, string targetName,
        PSCredentialTypes allowedCredentialTypes, PSCredentialUIOptions options) =>
        PromptForCredential(caption, message, userName, targetName);

    /// <summary>Views and scripts decorate text for terminals (bold headers, colours); a program gets it plain.</summary>
    private static string Plain(string text) => new StringDecorated(text).ToString(OutputRendering.PlainText);

    private static HostException Unanswered(string what, string nextStep) => new(
        $"The command asks for {what}, and nobody can answer: pisahpc is for programs, a person has pwsh. {nextStep}");
}
