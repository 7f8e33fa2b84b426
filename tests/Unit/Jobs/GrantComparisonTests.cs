using PisaHpc.Batch;
using PisaHpc.Jobs;
using PisaHpc.Jobs.Orphans;
using PisaHpc.Sites;
using PisaHpc.Unit.Jobs.Orphans;
using PisaHpc.Unit.Nodes;
using PisaHpc.Unit.Ports;

namespace PisaHpc.Unit.Jobs;

/// <summary>What Get-HpcJob -AskBatchSystem shows: what nodes have of jobs beside what the batch system says of them.</summary>
public sealed class GrantComparisonTests : IDisposable
{
    private static readonly HpcSite Site = new()
    {
        Environments = new Dictionary<string, EnvironmentLayer>
        {
            ["debian12"] = EnvironmentLayer.Empty with { Aliases = [Setting.Of("docker-deb12")] },
            ["tiny"] = EnvironmentLayer.Empty,
        },
        Queues = new Dictionary<string, QueueDefinition>
        {
            ["hpc"] = new("hpc", "debian12", EnvironmentLayer.Empty),
            ["plain"] = new("plain", null, EnvironmentLayer.Empty),
        },
    };

    private readonly OrphanCluster _slurm = new();
    private readonly HashSet<string> _silent = [];

    public void Dispose() => _slurm.Dispose();

    [Fact]
    public async Task A_job_says_how_it_stands_in_the_batch_system()
    {
        await _slurm.StartAsync();
        _slurm.Known["42"] = Running("o2wn01", "o2wn02");
        var job = Assert.Single(await JoinAsync());
        Assert.Equal(("Running", "RUNNING", "hpc", null), (job.State, job.BatchState, job.Queue, job.Mismatch));
        Assert.Equal((0, 0), (job.NodesWithoutContainer!.Count, job.NodesNotGranted!.Count));
    }

    [Fact]
    public async Task Nodes_have_other_names_in_the_site_than_in_the_batch_system()
    {
        await _slurm.StartAsync();
        _slurm.Known["42"] = Running("o2wn01.lab", "O2WN02");
        Assert.Null(Assert.Single(await JoinAsync()).Mismatch);
    }

    [Fact]
    public async Task One_that_it_does_not_know_is_an_orphan()
    {
        await _slurm.StartAsync();
        var job = Assert.Single(await JoinAsync());
        Assert.Equal(("Running", "Unknown", "Orphan", null), (job.State, job.BatchState, job.Mismatch, job.NodesWithoutContainer));
    }

    [Theory]
    [InlineData(600, "Orphan")]
    [InlineData(60, null)]
    public async Task One_that_ended_is_an_orphan_when_its_epilog_has_had_its_time(int seconds, string? mismatch)
    {
        await _slurm.StartAsync();
        _slurm.Known["42"] = OrphanCluster.EndedSince(seconds, "TIMEOUT");
        var job = Assert.Single(await JoinAsync());
        Assert.Equal(("TIMEOUT", mismatch), (job.BatchState, job.Mismatch));
    }

    [Fact]
    public async Task What_was_made_just_now_is_none_though_the_batch_system_does_not_know_it()
    {
        await _slurm.StartAsync();
        _slurm.OnAsk = () => Task.FromResult(_slurm.Census(DateTimeOffset.UtcNow));
        var job = Assert.Single(await JoinAsync());
        Assert.Equal(("Unknown", null), (job.BatchState, job.Mismatch));
    }

    [Theory]
    [InlineData("COMPLETING")]
    [InlineData("PENDING")]
    [InlineData("SUSPENDED")]
    public async Task Where_the_batch_system_tells_no_nodes_none_are_compared(string state)
    {
        await _slurm.StartAsync();
        _slurm.Known["42"] = OrphanCluster.Lives(state);
        var job = Assert.Single(await JoinAsync());
        Assert.Equal((state, null, null, null), (job.BatchState, job.Mismatch, job.NodesWithoutContainer, job.NodesNotGranted));
    }

    [Fact]
    public async Task Nodes_that_are_granted_and_have_no_container_are_named()
    {
        await _slurm.StartAsync();
        _slurm.EndContainers("o2wn02");
        _slurm.Known["42"] = Running("o2wn01", "o2wn02", "o2wn03");
        var job = Assert.Single(await JoinAsync());
        Assert.Equal(("NoContainer", "o2wn02 o2wn03"), (job.Mismatch, string.Join(' ', job.NodesWithoutContainer!)));
    }

    [Fact]
    public async Task So_are_nodes_that_have_one_and_are_not_granted()
    {
        await _slurm.StartAsync();
        _slurm.Known["42"] = Running("o2wn02", "o2wn03");
        var job = Assert.Single(await JoinAsync());
        Assert.Equal(
            ("OtherNodes", "o2wn01", "o2wn03"),
            (job.Mismatch, string.Join(' ', job.NodesNotGranted!), string.Join(' ', job.NodesWithoutContainer!)));
    }

    [Fact]
    public async Task Of_a_node_that_did_not_answer_nothing_is_said()
    {
        await _slurm.StartAsync();
        _silent.Add("o2wn03");
        _slurm.Known["42"] = Running("o2wn02", "o2wn03");
        var job = Assert.Single(await JoinAsync());
        Assert.Equal((null, 0, null), (job.Mismatch, job.NodesWithoutContainer!.Count, job.NodesNotGranted));
    }

    [Theory]
    [InlineData("admin-1", Scheduler.Slurm, "lab")]
    [InlineData("42", Scheduler.Lsf, "lab")]
    [InlineData("42", Scheduler.Slurm, "other")]
    public async Task What_it_did_not_grant_it_is_not_asked_about(string jobId, Scheduler system, string cluster)
    {
        _slurm.Granting = cluster;
        await _slurm.StartAsync(jobId, system);
        var job = Assert.Single(await JoinAsync());
        Assert.Equal(("Running", null, null), (job.State, job.BatchState, job.Mismatch));
    }

    [Fact]
    public async Task A_job_that_is_being_started_contradicts_nothing()
    {
        using var lease = _slurm.Jobs.Ports.Area.Hold(
            TestArea.Request("42") with { Scheduler = Scheduler.Slurm, Nodes = "o2wn01*8" });
        _slurm.Known["42"] = Running("o2wn01");
        var job = Assert.Single(await JoinAsync());
        Assert.Equal(("Starting", "RUNNING", null), (job.State, job.BatchState, job.Mismatch));
    }

    [Theory]
    [InlineData("hpc", null, "debian12")]
    [InlineData("hpc", "docker-tiny", "tiny")]
    [InlineData("plain", "urgent,docker-Tiny;please", "tiny")]
    [InlineData("plain", "two\ndocker-deb12 docker-tiny", "debian12")]
    public async Task A_job_that_runs_with_an_environment_and_has_nothing_on_its_nodes_is_missing(
        string queue, string? comment, string environment)
    {
        _slurm.Known["43"] = Running("o2wn01", "o2wn02") with { Submission = new JobSubmission(queue, "hpcuser", comment) };
        var job = Assert.Single(await JoinAsync());
        Assert.Equal(
            ("43", "Missing", "RUNNING", "NoContainer", environment, "hpcuser", queue),
            (job.JobId, job.State, job.BatchState, job.Mismatch, job.Environment, job.Owner, job.Queue));
        Assert.Equal("o2wn01 o2wn02", string.Join(' ', job.NodesWithoutContainer!));
        Assert.Equal(["o2wn01", "o2wn02"], job.Nodes.Select(node => node.Name));
    }

    [Theory]
    [InlineData("plain", null)]
    [InlineData("hpc", "docker-none")]
    [InlineData("hpc", "docker-unheard-of")]
    [InlineData("plain", "docker-")]
    public async Task One_that_asks_for_none_is_not(string queue, string? comment)
    {
        _slurm.Known["43"] = Running("o2wn01") with { Submission = new JobSubmission(queue, "hpcuser", comment) };
        Assert.Empty(await JoinAsync());
    }

    [Fact]
    public async Task Nor_is_one_of_nodes_that_were_not_asked_or_that_was_not_asked_for()
    {
        _slurm.Known["43"] = Running("elsewhere01");
        _slurm.Known["44"] = Running("o2wn01");
        Assert.Empty(await JoinAsync(isMeant: id => id != "44"));
    }

    [Fact]
    public async Task Where_a_node_of_it_did_not_answer_it_may_be_there()
    {
        _silent.Add("o2wn02");
        _slurm.Known["43"] = Running("o2wn01", "o2wn02");
        var job = Assert.Single(await JoinAsync());
        Assert.Equal(("NotFound", null, "o2wn01"), (job.State, job.Mismatch, string.Join(' ', job.NodesWithoutContainer!)));
    }

    [Fact]
    public async Task One_that_was_begun_since_the_nodes_were_asked_is_being_started()
    {
        _slurm.Known["43"] = Running("o2wn01");
        _slurm.OnAsk = () =>
        {
            _slurm.Jobs.Ports.Area.Lease(TestArea.Request("43") with { Nodes = "o2wn01*8" });
            return Task.FromResult(_slurm.Census(OrphanCluster.Now));
        };
        var job = Assert.Single(await JoinAsync());
        Assert.Equal(("Starting", "RUNNING", null), (job.State, job.BatchState, job.Mismatch));
    }

    private static JobStanding Running(params string[] nodes) =>
        OrphanCluster.Lives("RUNNING", nodes) with { Submission = new JobSubmission("hpc", "hpcuser", null) };

    /// <summary>As the cmdlet does: the nodes first, then the batch system.</summary>
    private async Task<IReadOnlyList<HpcJob>> JoinAsync(Func<string, bool>? isMeant = null)
    {
        foreach (var node in _silent)
        {
            _slurm.Jobs.Nodes.FailOn(node, FakeStep.Connect, new HpcException(ErrorId.NodeUnreachable, "No answer.", node));
            _slurm.Jobs.Nodes.FailOn(node, FakeStep.ConnectEngine, new HpcException(ErrorId.NodeUnreachable, "No answer.", node));
        }

        var finder = new JobFinder(_slurm.Jobs.Nodes.Cluster with { Failed = _ => { } }, _slurm.Jobs.Ports.Area);
        var found = await finder.LookAsync(null, ["o2wn01", "o2wn02", "o2wn03"], CancellationToken.None);
        var comparison = new GrantComparison(
            found, await _slurm.OnAsk(), BatchSystems.EvidenceOf(Scheduler.Slurm), Site, OrphanSearch.DefaultEndedFor);
        return [.. comparison.Jobs, .. comparison.Missing(isMeant ?? (_ => true), finder.FindBegun)];
    }
}
