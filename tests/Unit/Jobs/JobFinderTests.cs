using PisaHpc.Jobs;
using PisaHpc.Unit.Nodes;
using PisaHpc.Unit.Ports;

namespace PisaHpc.Unit.Jobs;

public sealed class JobFinderTests : IDisposable
{
    private readonly JobCluster _cluster = new();

    public void Dispose() => _cluster.Dispose();

    [Fact]
    public void A_job_is_looked_for_where_its_lease_says_and_elsewhere_only_when_nothing_does()
    {
        _cluster.Ports.Area.Lease(TestArea.Request("leased") with { Nodes = "o2wn[01-02]*32" });
        _cluster.Ports.Area.Lease(TestArea.Request("bare"));

        Assert.Equal(["o2wn01", "o2wn02"], NodesOf("leased"));
        Assert.Equal(["o2wn02", "o2wn01"], NodesOf("leased", "o2wn02"));
        Assert.Equal(["site"], NodesOf("bare"));
        Assert.Equal(["site"], NodesOf("unknown"));
        Assert.Equal(["o2wn07"], NodesOf("unknown", "o2wn07"));
    }

    [Fact]
    public async Task Many_jobs_are_looked_for_with_one_question_to_each_node()
    {
        await _cluster.Starter.StartAsync(JobCluster.Request(), _ => Task.CompletedTask, CancellationToken.None);
        _cluster.Ports.Area.Lease(TestArea.Request("leased") with { Nodes = "o2wn01*32" });
        _cluster.Ports.Area.Lease(TestArea.Request("not-asked-for") with { Nodes = "o2wn09*32" });
        var before = _cluster.Nodes.Calls.Count;

        var found = await _cluster.Finder.FindAsync(["42", "leased", "gone"], [], CancellationToken.None);

        Assert.Equal([("42", nameof(JobState.Running)), ("leased", nameof(JobState.Leftover))], found.Select(job => (job.JobId, job.State)));
        var listed = _cluster.Nodes.Calls.Skip(before).Where(call => call.Step == FakeStep.List).Select(call => call.Node);
        Assert.Equal(["o2wn01", "o2wn02"], listed.Order());
    }

    private IReadOnlyList<string> NodesOf(string jobId, params string[] named) => _cluster.Finder.NodesOf(jobId, named, () => ["site"]);
}
