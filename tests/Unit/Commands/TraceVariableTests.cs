using PisaHpc.Module.Commands;
using PisaHpc.Tracing;
using PisaHpc.Tracing.Files;

namespace PisaHpc.Unit.Commands;

/// <summary>-TraceVariable, as any cmdlet that goes to nodes has it, and the file that is made of it.</summary>
public sealed class TraceVariableTests : IDisposable
{
    private static readonly (string, Type)[] Cmdlets =
        [("Get-HpcJob", typeof(GetHpcJobCommand)), ("Export-HpcTrace", typeof(ExportHpcTraceCommand))];

    private readonly SocketEngine _engine = new();
    private readonly string _directory = Directory.CreateTempSubdirectory("pisahpc-trace-").FullName;

    public void Dispose()
    {
        _engine.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void It_has_the_phases_of_each_node_and_the_requests_below_them()
    {
        var phases = Trace($"Get-HpcJob -Site {_engine.Site} -TraceVariable trace; $trace");

        Assert.All(phases, phase => Assert.Equal(("Get-HpcJob", "localhost", "Ok"), (phase.Command, phase.Node, phase.Outcome)));
        Assert.Equal("FindJob", phases[0].Phase);
        Assert.Contains(phases, phase => (phase.Phase, phase.Detail) == ("Connect", "engine"));
        Assert.Single(phases, phase => (phase.Phase, phase.Detail) == ("EngineRequest", "GET /containers/json"));
    }

    [Fact]
    public void With_a_plus_before_its_name_the_phases_are_added() => Assert.Equal(
        2,
        Trace($"1..2 | ForEach-Object {{ Get-HpcJob -Site {_engine.Site} -TraceVariable +trace }}; $trace")
            .Count(phase => phase.Phase == "FindJob"));

    [Fact]
    public void Of_a_command_that_failed_it_has_what_was_done()
    {
        var site = Path.Combine(_directory, "nowhere.yaml");
        File.WriteAllText(site, "nodes: { names: localhost, engineSocket: /nowhere/engine.sock, ssh: { client: local } }\n");
        var phases = Trace($"Get-HpcJob -Site {site} -TraceVariable trace -ErrorAction Ignore; $trace");
        Assert.Equal(("FindJob", "Error", "EngineUnavailable"), (phases[0].Phase, phases[0].Outcome, phases[0].ErrorId));
    }

    [Fact]
    public void It_is_written_as_a_drawing_and_as_events()
    {
        var run = Run(
            $"Get-HpcJob -Site {_engine.Site} -TraceVariable trace; "
                + $"'svg', 'json' | ForEach-Object {{ $trace | Export-HpcTrace \"{_directory}/t.$_\" }}");
        Assert.Empty(run.Errors);
        Assert.Equal(
            [("t.svg", true), ("t.json", true)],
            run.Output.Select(file => (HpcTraceFile)file.BaseObject).Select(file => (Path.GetFileName(file.Path), File.Exists(file.Path))));
    }

    [Fact]
    public void With_WhatIf_no_file_is_written_and_an_ending_that_says_nothing_is_told_of_first()
    {
        Assert.Empty(Run($"Get-HpcJob -Site {_engine.Site} -TraceVariable t; $t | Export-HpcTrace '{_directory}/t.svg' -WhatIf").Output);
        Assert.Empty(Directory.GetFiles(_directory));
        Run($"@() | Export-HpcTrace '{_directory}/t.png'").Failure("InvalidValue");
        var warned = Run($"@() | Export-HpcTrace '{_directory}/t.svg'").Warnings;
        Assert.Contains("no phase to write", Assert.Single(warned), StringComparison.Ordinal);
    }

    /// <summary>This process has no collector: a start would else pay for one that nobody has.</summary>
    [Fact]
    public void Where_no_collector_is_named_no_assembly_of_OpenTelemetry_is_loaded()
    {
        Assert.Empty(Run($"Get-HpcJob -Site {_engine.Site}").Errors);
        Assert.DoesNotContain(
            AppDomain.CurrentDomain.GetAssemblies(),
            assembly => assembly.GetName().Name!.StartsWith("OpenTelemetry", StringComparison.Ordinal));
    }

    private static CmdletRun Run(string script) => CmdletRun.Of(script, Cmdlets);

    private static HpcPhase[] Trace(string script)
    {
        var run = Run(script);
        Assert.Empty(run.Errors);
        return [.. run.Output.Select(phase => Assert.IsType<HpcPhase>(phase.BaseObject))];
    }
}
