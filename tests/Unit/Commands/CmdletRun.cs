using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace PisaHpc.Unit.Commands;

/// <summary>Runs a line of PowerShell in the embedded engine with some of the cmdlets in it.</summary>
internal sealed record CmdletRun(IReadOnlyList<PSObject> Output, IReadOnlyList<ErrorRecord> Errors)
{
    public IReadOnlyList<string> Warnings { get; private init; } = [];

    public IReadOnlyList<string> Verbose { get; private init; } = [];

    public IReadOnlyList<ProgressRecord> Progress { get; private init; } = [];

    public static CmdletRun Of(string script, params (string Name, Type Type)[] cmdlets) => With([], script, cmdlets);

    /// <summary>Pipes objects into a command.</summary>
    public static CmdletRun With(IReadOnlyList<object> input, string script, params (string Name, Type Type)[] cmdlets)
    {
        var state = InitialSessionState.CreateDefault2();
        foreach (var (name, type) in cmdlets)
        {
            state.Commands.Add(new SessionStateCmdletEntry(name, type, helpFileName: null));
        }

        using var runspace = RunspaceFactory.CreateRunspace(state);
        runspace.Open();
        using var shell = PowerShell.Create(runspace);
        try
        {
            shell.AddScript(input.Count == 0 ? script : $"$input | {script}");
            var output = shell.Invoke(input);
            return new CmdletRun([.. output], [.. shell.Streams.Error])
            {
                Warnings = [.. shell.Streams.Warning.Select(warning => warning.Message)],
                Verbose = [.. shell.Streams.Verbose.Select(line => line.Message)],
                Progress = [.. shell.Streams.Progress],
            };
        }
        catch (RuntimeException exception)
        {
            return new CmdletRun([], [.. shell.Streams.Error, exception.ErrorRecord]);
        }
    }

    public T Single<T>()
    {
        Assert.Empty(Errors);
        return Assert.IsType<T>(Assert.Single(Output).BaseObject);
    }

    /// <summary>The only error, with its id.</summary>
    public ErrorRecord Failure(string id)
    {
        var error = Assert.Single(Errors);
        Assert.StartsWith(id + ",", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        return error;
    }
}
