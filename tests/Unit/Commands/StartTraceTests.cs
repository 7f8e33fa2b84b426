using PisaHpc.Module.Commands;
using PisaHpc.Tracing;
using PisaHpc.Unit.Jobs;
using PisaHpc.Unit.Jobs.Records;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Commands;

/// <summary>Get-HpcJob -Trace: how jobs started, long after, whoever started them.</summary>
public sealed class StartTraceTests : IDisposable
{
    private readonly RecordedJobs _jobs = new();
    private readonly string _site = Path.GetTempFileName();

    public StartTraceTests() => File.WriteAllText(
        _site,
        $"portArea: {{ path: {_jobs.Cluster.Ports.Path}, first: 40000, last: 40004 }}\n"
            + $"records: {{ directory: {_jobs.Records.Path} }}\nnodes: {{ names: [ nowhere.invalid ] }}\n");

    public void Dispose()
    {
        _jobs.Dispose();
        File.Delete(_site);
    }

    [Fact]
    public async Task A_job_that_lives_has_the_phases_of_each_node_from_whoever_started_it()
    {
        await _jobs.StartAsync();

        var phases = PhasesOf("Get-HpcJob 42 -Trace");

        Assert.All(phases, phase => Assert.Equal(("a-test", "42", "Ok"), (phase.Command, phase.JobId, phase.Outcome)));
        Assert.Equal(["StartJob", "LeasePort"], phases.Where(phase => phase.Node is null).Select(phase => phase.Phase));
        Assert.All(JobCluster.NodeNames, node => Assert.Equal(
            ["Survey", "StartOnNode", "WriteAccess", "StartContainer", "WaitUntilReady"],
            phases.Where(phase => phase.Node == node).OrderBy(phase => phase.StartedAt).Select(phase => phase.Phase)));
        Assert.All(phases, phase => Assert.True(phase.StartedAt >= phases[0].StartedAt && phase.EndedAt <= phases[0].EndedAt));
    }

    [Fact]
    public async Task Jobs_and_nodes_come_from_the_pipeline_too()
    {
        await _jobs.StartAsync();
        Assert.Equal(
            [null, "o2wn02"],
            PhasesOf("[pscustomobject] @{ JobId = '42'; Node = 'o2wn02' } | Get-HpcJob -Trace").Select(phase => phase.Node).Distinct());
    }

    [Fact]
    public async Task A_job_that_has_ended_has_them_in_its_record()
    {
        await _jobs.StartAsync();
        var living = PhasesOf("Get-HpcJob 42 -Trace");
        await _jobs.StopAsync();

        Assert.Equal("42", Run("Get-HpcJob 42 -Trace").Failure("JobNotFound").TargetObject);
        Assert.Equal(living, PhasesOf("Get-HpcJob 42 -Trace -Ended"));
    }

    [Fact]
    public async Task A_start_that_failed_says_in_which_phase_and_why()
    {
        _jobs.Cluster.Nodes.FailOn("o2wn02", FakeStep.Create, new HpcException(ErrorId.DiskFull, "no space", "o2wn02"));
        await Assert.ThrowsAsync<HpcException>(_jobs.StartAsync);

        var phases = PhasesOf("Get-HpcJob 42 -Trace -Ended");

        var failed = Assert.Single(phases, phase => phase.Phase == "StartContainer" && phase.Node == "o2wn02");
        Assert.Equal(("Error", "DiskFull"), (failed.Outcome, failed.ErrorId));
        Assert.Equal(("Error", "JobRolledBack"), (phases[0].Outcome, phases[0].ErrorId));
    }

    [Fact]
    public void A_job_without_any_is_an_error_and_a_pattern_that_finds_none_is_not()
    {
        Run("Get-HpcJob 99 -Trace").Failure("JobNotFound");
        Assert.Empty(PhasesOf("Get-HpcJob -Trace"));
    }

    [Fact]
    public void A_site_that_keeps_no_records_says_how_to_keep_them()
    {
        File.WriteAllText(_site, "registry: a.b\n");
        Run("Get-HpcJob -Trace").Failure("RecordsMissing");
    }

    [Fact]
    public async Task Where_no_records_are_kept_nothing_is_collected()
    {
        _jobs.Cluster.Recorder = null;
        var seen = true;
        await _jobs.Cluster.Starter.StartAsync(
            RecordedJobs.Request,
            _ =>
            {
                seen = System.Diagnostics.Activity.Current is not null;
                return Task.CompletedTask;
            },
            CancellationToken.None);
        Assert.False(seen);
    }

    private HpcPhase[] PhasesOf(string script)
    {
        var run = Run(script);
        Assert.Empty(run.Errors);
        return [.. run.Output.Select(phase => Assert.IsType<HpcPhase>(phase.BaseObject))];
    }

    private CmdletRun Run(string script) => CmdletRun.Of($"{script} -Site '{_site}'", ("Get-HpcJob", typeof(GetHpcJobCommand)));
}
