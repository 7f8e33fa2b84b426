using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;
using Microsoft.PowerShell;
using PisaHpc.Host.Output;
using PisaHpc.Host.Scripts;

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
            new MessageWriter(Console.Error, OutputFormat.Text).Report("Usage", failure.Message);
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
        var messages = new MessageWriter(Console.Error, options.Format);
        try
        {
            var manifest = options.NoModule ? null : ModuleManifest.Find(AppContext.BaseDirectory);
            return options.IsForPerson && !Console.IsInputRedirected ? Converse(manifest) : RunScript(options, manifest, messages);
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

    /// <summary>PowerShell's own console, for the person who calls a program's tool by hand.</summary>
    private static int Converse(string? manifest)
    {
        var state = InitialSessionState.CreateDefault2();
        if (manifest is not null)
        {
            state.ImportPSModule(manifest);
        }

        const string banner = "PowerShell's console with the cmdlets of PisaHpc; history and colours are in pwsh. exit leaves.";
        return ConsoleShell.Start(state, banner, helpText: null, ["-NoProfile"]);
    }

    private static int RunScript(HostOptions options, string? manifest, MessageWriter messages)
    {
        // What programs read has no colours, wherever it goes.
        PSStyle.Instance.OutputRendering = OutputRendering.PlainText;
        var host = new ScriptHost(new ScriptUserInterface(messages, options.Format));
        using var signals = new StopSignals(text => messages.Say("warning", text));
        using var runspace = EngineRunspace.Open(host);
        if (manifest is not null)
        {
            EngineRunspace.Import(runspace, manifest);
        }

        return new ScriptRunner(runspace, host, messages, options).Run(SourceOf(options), signals);
    }

    private static Action<PowerShell> SourceOf(HostOptions options) => options switch
    {
        { File: { } file } when file != "-" => ScriptSource.File(file, options.FileArguments),
        { Command: { } text } when text != "-" => ScriptSource.Text(text),
        _ => ScriptSource.Text(Console.In.ReadToEnd()),
    };
}
