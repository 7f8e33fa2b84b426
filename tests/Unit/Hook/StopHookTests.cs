using PisaHpc.Batch;
using PisaHpc.Hook;
using PisaHpc.Sites;
using PisaHpc.Unit.Batch;
using PisaHpc.Unit.Jobs;
using PisaHpc.Unit.Jobs.Records;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Hook;

/// <summary>A stop's exit code: 0 only where somebody looked and nothing is left.</summary>
public sealed class StopHookTests : IDisposable
{
    private readonly JobCluster _cluster = new();
    private readonly TestRecords _records = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public void Dispose()
    {
        _cluster.Dispose();
        _records.Dispose();
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public async Task What_is_gone_already_is_success()
    {
        Assert.Equal(HookExit.Done, await StopAsync("o2wn[01-02]", "4711"));
        Assert.Equal("pisahpc-hook: job 4711 is stopped, as before\n", _output.ToString());
    }

    [Fact]
    public async Task A_stop_that_had_nowhere_to_look_is_no_success()
    {
        Assert.Equal(HookExit.LeftBehind, await StopAsync(nodes: null, "4711"));
        Assert.Contains("InvalidValue: No node is known where job 4711 could be", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stop_that_no_node_answered_is_no_success()
    {
        foreach (var node in JobCluster.NodeNames)
        {
            _cluster.Nodes.FailOn(node, FakeStep.Connect, new HpcException(ErrorId.NodeUnreachable, "the node is down", node));
            _cluster.Nodes.FailOn(node, FakeStep.ConnectEngine, new HpcException(ErrorId.NodeUnreachable, "the node is down", node));
        }

        Assert.Equal(HookExit.LeftBehind, await StopAsync("o2wn[01-02]", "4711"));
        Assert.Contains("job 4711 is NotFound", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_that_cannot_be_stopped_is_told_with_its_node_and_keeps_no_other_from_it()
    {
        await _cluster.Starter.StartAsync(JobCluster.Request(), _ => Task.CompletedTask, CancellationToken.None);
        _cluster.Nodes.FailOn("o2wn02", FakeStep.Remove, new HpcException(ErrorId.NodeUnreachable, "the node is gone", "o2wn02"));

        Assert.Equal(HookExit.LeftBehind, await StopAsync("o2wn[01-02]", JobCluster.Request().Allocation.JobId, "4711"));

        Assert.Contains("pisahpc-hook: NodeUnreachable on o2wn02: the node is gone\n", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal("pisahpc-hook: job 4711 is stopped, as before\n", _output.ToString());
    }

    [Fact]
    public async Task The_job_that_it_runs_in_is_stopped_where_none_is_named()
    {
        await _cluster.Starter.StartAsync(JobCluster.Request(), _ => Task.CompletedTask, CancellationToken.None);
        var inJob = new FakeJob().With(("LSB_JOBID", JobCluster.Request().Allocation.JobId));
        Assert.Equal(HookExit.Done, await StopAsync("o2wn[01-02]", inJob));
        Assert.Empty(_cluster.Leftovers());
    }

    [Fact]
    public async Task What_a_node_told_that_was_cleaned_for_itself_is_in_the_record_of_the_stop_of_all()
    {
        _cluster.Recorder = _records.Recorder;
        _cluster.Counters["o2wn01"] = ["cgroup\t/sys/fs/cgroup/c", "kills\t0", "hits\t0", "peak\t4096", "limit\t67108864"];
        _cluster.Counters["o2wn02"] = ["cgroup\t/sys/fs/cgroup/c", "kills\t3", "hits\t12", "peak\t67108864", "limit\t67108864"];
        await _cluster.Starter.StartAsync(JobCluster.Request(), _ => Task.CompletedTask, CancellationToken.None);
        var jobId = JobCluster.Request().Allocation.JobId;

        Assert.Equal(HookExit.Done, await StopAsync("o2wn[01-02]", new FakeJob().With(), [jobId], here: "o2wn02"));
        Assert.Equal(HookExit.Done, await StopAsync("o2wn[01-02]", new FakeJob().With(), [jobId], here: "o2wn02"));
        Assert.Empty(_records.Files);
        Assert.Equal(HookExit.Done, await StopAsync("o2wn[01-02]", jobId));

        var job = Assert.Single(_records.Read());
        Assert.Equal("OutOfMemory", job.Reason);
        Assert.Equal([("o2wn01", 0L), ("o2wn02", 3L)], job.Nodes.Select(node => (node.Name, node.OomKills!.Value)));
        Assert.Empty(_cluster.Leftovers());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("o2wn02")]
    public async Task For_one_user_what_is_anothers_is_refused_and_nothing_of_it_touched(string? here)
    {
        await _cluster.Starter.StartAsync(JobCluster.Request(), _ => Task.CompletedTask, CancellationToken.None);
        var before = _cluster.Leftovers();
        var job = JobCluster.Request().Allocation;

        Assert.Equal(HookExit.LeftBehind, await StopAsync("o2wn[01-02]", new FakeJob().With(), [job.JobId], here, owner: "mallory"));

        Assert.Contains("JobOfAnotherUser", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal(before, _cluster.Leftovers());
        Assert.Equal(HookExit.Done, await StopAsync("o2wn[01-02]", new FakeJob().With(), [job.JobId], here, job.Owner.Name));
        Assert.DoesNotContain(_cluster.Leftovers(), left => left.StartsWith("o2wn02:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_same_holds_in_a_job_of_Slurm_and_one_whose_id_its_controller_gave_out_is_stopped_whosever_it_is()
    {
        await _cluster.Starter.StartAsync(JobCluster.Request(), _ => Task.CompletedTask, CancellationToken.None);
        var inJob = new FakeJob().With(("SLURM_JOB_ID", JobCluster.Request().Allocation.JobId));
        Assert.Equal(HookExit.LeftBehind, await StopAsync("o2wn[01-02]", inJob, owner: "mallory"));
        Assert.NotEmpty(_cluster.Leftovers());
        Assert.Equal(HookExit.Done, await StopAsync("o2wn[01-02]", inJob));
        Assert.Empty(_cluster.Leftovers());
    }

    private Task<int> StopAsync(string? nodes, params string[] jobIds) => StopAsync(nodes, new FakeJob().With(), jobIds);

    private Task<int> StopAsync(string? nodes, JobEnvironment environment, string[]? jobIds = null, string? here = null, string? owner = null)
    {
        var log = new HookLog(_output, _error);
        var site = new HpcSite
        {
            Nodes = new NodeAccess { Names = nodes is null ? [] : [nodes] },
            PortArea = new PortAreaDefinition(_cluster.Ports.Path, 40000, 40004, TimeSpan.FromHours(1)),
            Records = _records.Definition,
        };
        return new StopHook(site, _cluster.Nodes.Cluster with { Failed = log.Fail }, log)
            .RunAsync(new HookOptions { JobIds = jobIds ?? [], Here = here, Owner = owner }, environment, CancellationToken.None);
    }
}
