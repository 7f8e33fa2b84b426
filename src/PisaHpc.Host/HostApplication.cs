using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;
using PisaHpc.Host.Output;
using PisaHpc.Host.Prompt;
using PisaHpc.Host.Scripts;
using PisaHpc.Host.Terminal;

namespace PisaHpc.Host;

/// <summary>The process from its arguments to its exit code.</summary>
internal static class HostApplication
{
    private const int UsageError = 2;

    /// <summary>Runs what the arguments ask for.</summary>
    /// <returns>The process's exit code.</returns>
    public static int Run(IReadOnlyList<string> arguments)
    {
        HostOptions options;
        try
        {
            options = CommandLine.Read(arguments);
        }
        catch (UsageException failure)
        {
            new MessageWriter(Console.Error, OutputFormat.Text, colours: false).Report("Usage", failure.Message);
            return UsageError;
        }

        if (options.Help || options.Version)
        {
            Console.WriteLine(options.Help ? CommandLine.Help : $"pisahpc {VersionText}");
            return 0;
        }

        return Run(options);
    }

    private static string VersionText =>
        typeof(HostApplication).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    private static int Run(HostOptions options)
    {
        var terminal = TerminalState.OfProcess(options.NonInteractive);
        var messages = new MessageWriter(Console.Error, options.Format, terminal.ErrorColours);
        var host = new TerminalHost(new TerminalUserInterface(terminal, messages, options.Format));
        PSStyle.Instance.OutputRendering = terminal.OutputColours ? OutputRendering.Host : OutputRendering.PlainText;
        using var signals = new StopSignals(text => messages.Say("warning", text));
        try
        {
            using var runspace = EngineRunspace.Open(host);
            if (!options.NoModule)
            {
                EngineRunspace.Import(runspace, ModuleManifest.Find(AppContext.BaseDirectory));
            }

            var runner = new ScriptRunner(runspace, host, messages, options.Format);
            return options is { File: null, Command: null } && terminal.CanAsk
                ? new InteractivePrompt(runspace, host, runner, signals, LineReaderFor(terminal, runspace)).Run()
                : runner.Run(SourceOf(options), signals);
        }
        catch (UsageException failure)
        {
            messages.Report("Usage", failure.Message);
            return UsageError;
        }
        catch (RuntimeException failure)
        {
            messages.Report(failure.ErrorRecord);
            return 1;
        }
    }

    /// <summary>Keys where the terminal can be drawn on, whole lines otherwise.</summary>
    private static Func<string, string?> LineReaderFor(TerminalState terminal, Runspace runspace)
    {
        if (terminal.OutputIsTerminal && terminal.IsCapable)
        {
            return new LineEditor(new TabCompletion(runspace)).Read;
        }

        return prompt =>
        {
            Console.Out.Write(prompt);
            return Console.ReadLine();
        };
    }

    private static Action<PowerShell> SourceOf(HostOptions options) => options switch
    {
        { File: { } file } => ScriptSource.File(file, options.FileArguments),
        { Command: { } text } when text != "-" => ScriptSource.Text(text),
        _ => ScriptSource.Text(Console.In.ReadToEnd()),
    };
}
