using PisaHpc.Batch.Slurm;
using PisaHpc.BatchHooks;
using PisaHpc.Engines;
using PisaHpc.Hook;
using PisaHpc.Nodes;
using PisaHpc.Ports;
using PisaHpc.Sites;
using PisaHpc.Unit.Access.Ssh;
using PisaHpc.Unit.Nodes;
using PisaHpc.Unit.Ports;

namespace PisaHpc.Unit.Hook;

/// <summary>When a start has a node drained: the nodes' own script runs in a real sh, in a directory for each.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class BrokenNodesTests : INodeConnector, IDisposable
{
    private const string Node = "o2wn02";
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pisahpc-faults-");
    private readonly TestArea _ports = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();
    private readonly List<string> _drained = [];
    private DrainOutcome _outcome = DrainOutcome.Drained;
    private Action _onDrain = () => { };

    public void Dispose()
    {
        _directory.Delete(recursive: true);
        _ports.Dispose();
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public async Task After_as_many_different_jobs_as_the_rule_says_the_node_is_drained_and_the_count_begins_anew()
    {
        await CountAsync("41");
        await CountAsync("41");
        await CountAsync("42");
        Assert.Empty(_drained);
        await CountAsync("43");
        Assert.Equal([$"{Node} engine-unavailable: 3 jobs in a row not set up here, 43 the last"], _drained);
        Assert.Equal($"pisahpc-hook: {Node} is drained: engine-unavailable: 3 jobs in a row not set up here, 43 the last\n", $"{_output}");
        await CountAsync("44");
        Assert.Single(_drained);
        Assert.Empty($"{_error}");
    }

    [Fact]
    public async Task A_job_that_is_set_up_there_ends_the_row()
    {
        await CountAsync("41");
        await CountAsync("42");
        await Broken().ForgetAsync(["o2wn01", Node], default);
        await CountAsync("43");
        await CountAsync("44");
        Assert.Empty(_drained);
    }

    [Fact]
    public async Task Each_node_has_a_count_of_its_own()
    {
        await CountAsync("41");
        await CountAsync("42", node: "o2wn01");
        await CountAsync("43");
        Assert.Empty(_drained);
        await Broken().CountAsync("44", 4001, size: 3, Failed(ErrorId.DiskFull, "o2wn01", Node), default);
        Assert.Equal($"{Node} disk-full: 3 jobs in a row not set up here, 44 the last", Assert.Single(_drained));
    }

    [Theory]
    [InlineData(ErrorId.EngineUnavailable, true)]
    [InlineData(ErrorId.EngineTimeout, true)]
    [InlineData(ErrorId.EngineTooOld, true)]
    [InlineData(ErrorId.DiskFull, true)]
    [InlineData(ErrorId.ImageNotFound, false)]
    [InlineData(ErrorId.ImagePullFailed, false)]
    [InlineData(ErrorId.RegistryUnreachable, false)]
    [InlineData(ErrorId.MountSourceMissing, false)]
    [InlineData(ErrorId.ContainerNotReady, false)]
    [InlineData(ErrorId.NodeUnreachable, false)]
    public async Task What_may_be_the_images_or_the_users_or_the_networks_does_not_count(ErrorId id, bool counts)
    {
        foreach (var job in (string[])["41", "42", "43"])
        {
            await CountAsync(job, id);
        }

        Assert.Equal(counts ? 1 : 0, _drained.Count);
    }

    [Fact]
    public void No_other_error_counts() => Assert.Equal(
        [ErrorId.EngineUnavailable, ErrorId.EngineTimeout, ErrorId.EngineTooOld, ErrorId.DiskFull],
        Enum.GetValues<ErrorId>().Where(id => NodeFaults.Counts(Failed(id, Node).FailedNodes[0])));

    [Fact]
    public async Task Without_a_rule_nothing_is_counted()
    {
        var unruled = new BrokenNodes(Site, rule: null, Cluster, Log, DrainAsync);
        await unruled.CountAsync("41", 4001, size: 1, Failed(ErrorId.DiskFull, Node), default);
        await unruled.ForgetAsync([Node], default);
        Assert.Empty(_directory.EnumerateFileSystemInfos());
    }

    [Fact]
    public async Task One_too_many_for_the_hour_is_told_and_the_next_job_asks_again()
    {
        _outcome = DrainOutcome.TooMany;
        await CountToThreeAsync();
        Assert.Contains("o2wn02 is not drained: 2 nodes of the cluster in an hour", $"{_error}", StringComparison.Ordinal);
        _outcome = DrainOutcome.Drained;
        await CountAsync("44");
        Assert.Equal(2, _drained.Count);
        Assert.Contains("o2wn02 is drained: engine-unavailable: 4 jobs", $"{_output}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_gets_no_jobs_for_a_while_alone_keeps_its_row()
    {
        _outcome = DrainOutcome.Held;
        await CountToThreeAsync();
        Assert.Contains("o2wn02 is not drained: its static environment is being changed", $"{_error}", StringComparison.Ordinal);
        _outcome = DrainOutcome.Drained;
        await CountAsync("44");
        Assert.Contains("o2wn02 is drained: engine-unavailable: 4 jobs", $"{_output}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_hook_at_a_time_drains()
    {
        _onDrain = () => Assert.Null(AreaLock.TryTakeDrain(_ports.Area.Path));
        using (AreaLock.TryTakeDrain(_ports.Area.Path))
        {
            await CountToThreeAsync();
        }

        Assert.Empty(_drained);
        await CountAsync("44");
        Assert.Single(_drained);
    }

    [Fact]
    public async Task A_batch_system_that_refuses_is_a_warning()
    {
        _onDrain = () => throw new HpcException(ErrorId.BatchSystemFailed, "Slurm drains no node.");
        await CountToThreeAsync();
        Assert.Equal("pisahpc-hook: warning: batch.drain: Slurm drains no node.\n", $"{_error}");
    }

    [Fact]
    public async Task The_jobs_of_one_user_drain_no_node_and_those_of_a_second_do()
    {
        foreach (var job in (string[])["41", "42", "43"])
        {
            await Broken().CountAsync(job, 4001, size: 2, Failed(ErrorId.EngineUnavailable, Node), default);
        }

        Assert.Empty(_drained);
        Assert.Contains("the 3 jobs in a row not set up there are one user's", $"{_error}", StringComparison.Ordinal);
        await Broken().CountAsync("44", 4002, size: 2, Failed(ErrorId.EngineUnavailable, Node), default);
        Assert.Single(_drained);
    }

    [Fact]
    public async Task Where_all_nodes_of_a_job_fail_alike_none_is_counted()
    {
        await Broken().CountAsync("41", 4001, size: 2, Failed(ErrorId.EngineUnavailable, "o2wn01", Node), default);
        Assert.Empty(_directory.EnumerateFileSystemInfos());
        Assert.Contains("every node of job 41 failed alike", $"{_error}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_may_be_a_wrong_setting_does_not_count()
    {
        var cause = new HpcException(ErrorId.EngineUnavailable, "It has no docker client.", Node) { MayBeSetting = true };
        await Broken().CountAsync(
            "41", 4001, size: 2, new HpcException(ErrorId.JobNotStarted, "x") { FailedNodes = [new NodeFailure(Node, cause)] }, default);
        Assert.Empty(_directory.EnumerateFileSystemInfos());
    }

    [Fact]
    public async Task A_bug_and_a_start_whose_time_is_over_are_warnings()
    {
        _onDrain = () => throw new FormatException("no number");
        await CountToThreeAsync();
        Assert.Contains("warning: batch.drain: InternalError: System.FormatException: no number", $"{_error}", StringComparison.Ordinal);
        await Broken().CountAsync("44", 4001, size: 2, Failed(ErrorId.EngineUnavailable, Node), new CancellationToken(canceled: true));
        Assert.Contains("not done in the time that the start had left", $"{_error}", StringComparison.Ordinal);
    }

    Task<INodeConnection> INodeConnector.ConnectAsync(string node, CancellationToken cancellationToken) =>
        Task.FromResult<INodeConnection>(new LocalShell(node, Site.RunDirectory));

    private HpcSite Site => new()
    {
        RunDirectory = Path.Combine(_directory.FullName, "run"),
        PortArea = new PortAreaDefinition(_ports.Area.Path, 22000, 22009, TimeSpan.FromDays(1)),
    };

    private Cluster Cluster => new(this, new FakeCluster(), FakeCluster.Unexpected);

    private HookLog Log => new(_output, _error);

    private BrokenNodes Broken() => new(Site, new DrainRule { After = 3 }, Cluster, Log, DrainAsync);

    /// <summary>Every job is another user's.</summary>
    private Task CountAsync(string jobId, ErrorId id = ErrorId.EngineUnavailable, string node = Node) => Broken().CountAsync(
        jobId, uint.Parse(jobId, System.Globalization.CultureInfo.InvariantCulture), size: 2, Failed(id, node), default);

    private async Task CountToThreeAsync()
    {
        await CountAsync("41");
        await CountAsync("42");
        await CountAsync("43");
    }

    private Task<DrainOutcome> DrainAsync(string node, string why, CancellationToken cancellationToken)
    {
        _onDrain();
        _drained.Add($"{node} {why}");
        return Task.FromResult(_outcome);
    }

    private static HpcException Failed(ErrorId id, params string[] nodes) => new(ErrorId.JobNotStarted, "It was not started.")
    {
        FailedNodes = [.. nodes.Select(node => new NodeFailure(node, new HpcException(id, "It is broken.", node)))],
    };
}
