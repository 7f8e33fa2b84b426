using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace PisaHpc.Integration.Harness;

/// <summary>
/// An engine in this process with the module imported from the checkout's manifest, as pwsh imports it. It has Core cmdlets and no
/// others. One script runs at a time.
/// </summary>
public sealed class HostedRunspace : IDisposable
{
    private readonly Runspace _runspace;

    static HostedRunspace() => Environment.SetEnvironmentVariable("POWERSHELL_TELEMETRY_OPTOUT", "1");

    /// <summary>Opens it.</summary>
    public HostedRunspace()
    {
        _runspace = RunspaceFactory.CreateRunspace(InitialSessionState.CreateDefault2());
        _runspace.Open();
        Run("param($Manifest) Import-Module $Manifest -ErrorAction Stop", new { Repository.Manifest }).Succeeded();
    }

    /// <summary>Runs a script to its end.</summary>
    /// <param name="script">Its text; a param block at its start takes the parameters.</param>
    /// <param name="parameters">Parameters as properties of an anonymous object: <c>new { Job = id }</c>.</param>
    public RunResult Run(string script, object? parameters = null)
    {
        using var shell = Compose(script, parameters);
        var output = new PSDataCollection<PSObject>();
        return Collect(shell, output, () => shell.Invoke(null, output));
    }

    /// <summary>Runs a script and stops it, as Ctrl-C does, when the token is cancelled; ends when its clean-up has ended.</summary>
    public Task<RunResult> RunAsync(string script, object? parameters, CancellationToken stop) => Task.Run(() =>
    {
        using var shell = Compose(script, parameters);
        using var registration = stop.Register(() => shell.BeginStop(null, null));
        var output = new PSDataCollection<PSObject>();
        return Collect(shell, output, () => shell.Invoke(null, output));
    }, CancellationToken.None);

    /// <summary>What Tab offers at the end of a line.</summary>
    public IReadOnlyList<CompletionResult> Complete(string line)
    {
        using var shell = PowerShell.Create(_runspace);
        return CommandCompletion.CompleteInput(line, line.Length, null, shell).CompletionMatches;
    }

    /// <inheritdoc/>
    public void Dispose() => _runspace.Dispose();

    private PowerShell Compose(string script, object? parameters)
    {
        var shell = PowerShell.Create(_runspace);
        shell.AddScript(script, useLocalScope: true);
        foreach (var property in parameters?.GetType().GetProperties() ?? [])
        {
            shell.AddParameter(property.Name, property.GetValue(parameters));
        }

        return shell;
    }

    private static RunResult Collect(PowerShell shell, PSDataCollection<PSObject> output, Action invoke)
    {
        var thrown = new List<ErrorRecord>();
        try
        {
            invoke();
        }
        catch (PipelineStoppedException)
        {
            // The state says so, whether the stop arrives as an exception or not.
        }
        catch (RuntimeException failure)
        {
            thrown.Add(failure.ErrorRecord);
        }

        return new RunResult(
            [.. output],
            [.. shell.Streams.Error, .. thrown],
            [.. shell.Streams.Warning.Select(record => record.Message)],
            [.. shell.Streams.Verbose.Select(record => record.Message)],
            [.. shell.Streams.Progress],
            shell.InvocationStateInfo.State == PSInvocationState.Stopped);
    }
}
