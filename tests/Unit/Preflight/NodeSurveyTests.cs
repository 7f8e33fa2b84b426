using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Preflight;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Preflight;

public sealed class NodeSurveyTests
{
    private const string Facts =
        "kernel\t6.1.0-18-amd64\ncores\t56\nmemory\t263856128\navailable\t131928064\nload\t3.25\n"
        + "ib-adapter\tmlx5_0\t0002:c903:0010:0001\t20.31.1014\t0\n"
        + "ib-port\tmlx5_0\t1\t4: ACTIVE\tInfiniBand\t200 Gb/sec (4X HDR)\t\n"
        + "ib-port\tmlx5_0\t2\t1: DOWN\tInfiniBand\t200 Gb/sec (4X HDR)\t\nend\t1\n";

    private readonly FakeCluster _cluster = new() { OnRun = (_, _, _) => FakeCluster.Result(0, Facts) };

    [Fact]
    public async Task A_node_says_what_it_has_and_which_jobs_run_on_it()
    {
        _cluster.EngineOf("o2wn01").Details = new EngineDetails { Images = 7 };
        Add("a", "4711", ContainerState.Running);
        Add("b", "4711", ContainerState.Running);
        Add("c", "4712[3]", ContainerState.Running);
        Add("d", "4713", ContainerState.Exited);

        var node = await AskAsync("o2wn01");

        Assert.Equal(("o2wn01", "Ready", null, null), (node.Node, node.State, node.ErrorId, node.Reason));
        Assert.Equal(("20.10.24", "1.41", "6.1.0-18-amd64"), (node.EngineVersion, node.ApiVersion, node.Kernel));
        Assert.Equal((56, 3.25, 263856128L * 1024, 131928064L * 1024), (node.Cores, node.Load, node.MemoryBytes, node.MemoryAvailableBytes));
        Assert.Equal(["mlx5_0"], node.Devices);
        Assert.Equal(["4711", "4712[3]"], node.Jobs);
        Assert.Equal((1, 7, 3), (node.ActivePorts, node.Images, node.Containers));
        Assert.Single(_cluster.Calls, call => call.Step == FakeStep.Run);
    }

    [Fact]
    public async Task A_node_that_does_not_answer_is_a_row_with_the_reason()
    {
        _cluster.FailOn("o2wn01", FakeStep.Connect, new HpcException(ErrorId.HostKeyUnknown, "The key is not known.", "o2wn01"));
        var node = await AskAsync("o2wn01");
        Assert.Equal(("Unreachable", "HostKeyUnknown", "The key is not known."), (node.State, node.ErrorId, node.Reason));
        Assert.Null(node.Cores);
    }

    [Fact]
    public async Task A_node_without_its_engine_still_says_what_it_has()
    {
        _cluster.FailOn("o2wn01", FakeStep.ConnectEngine, new HpcException(ErrorId.EngineUnavailable, "It does not answer.", "o2wn01"));
        var node = await AskAsync("o2wn01");
        Assert.Equal(("NoEngine", "EngineUnavailable", 56, (int?)null), (node.State, node.ErrorId, node.Cores, node.Containers));
    }

    [Theory]
    [InlineData(FakeStep.ConnectEngine)]
    [InlineData(FakeStep.Describe)]
    [InlineData(FakeStep.List)]
    public async Task An_engine_that_is_slow_or_hangs_is_no_dead_node_and_none_without_engine(FakeStep step)
    {
        _cluster.HoldOn("o2wn01", step, new TaskCompletionSource().Task);
        var node = await NodeSurvey.ReadAsync(_cluster.Cluster, "o2wn01", TimeSpan.FromMilliseconds(50), CancellationToken.None);
        Assert.Equal(("Slow", "EngineTimeout", 56), (node.State, node.ErrorId, node.Cores));
        Assert.Contains("is slow, or hangs: it did not answer within 0.1 s", node.Reason, StringComparison.Ordinal);
        Assert.Contains("0 ready, 1 slow, 0 without engine", HpcNodeSummary.Of([node]).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_that_did_not_finish_in_time_is_slow()
    {
        var node = HpcNode.Unreachable("o2wn01", new HpcException(ErrorId.NodeTimeout, "It did not finish.", "o2wn01"));
        Assert.Equal(("Slow", "NodeTimeout"), (node.State, node.ErrorId));
    }

    [Fact]
    public async Task An_answer_that_was_cut_is_not_taken_for_one()
    {
        _cluster.OnRun = (_, _, _) => FakeCluster.Result(0, Facts[..Facts.IndexOf("ib-port", StringComparison.Ordinal)]);
        Assert.Equal("NodeCommandFailed", (await AskAsync("o2wn01")).ErrorId);
    }

    [Fact]
    public async Task An_answer_that_is_none_is_not_taken_for_one()
    {
        _cluster.OnRun = (_, _, _) => FakeCluster.Result(127, "", "sh: getconf: not found");
        var node = await AskAsync("o2wn01");
        Assert.Equal("NodeCommandFailed", node.ErrorId);
        Assert.Contains("getconf", node.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_summary_counts_a_job_on_many_nodes_once()
    {
        foreach (var name in new[] { "o2wn01", "o2wn02" })
        {
            Add("a", "4711", ContainerState.Running, name);
        }

        _cluster.FailOn("o2wn03", FakeStep.Connect, new HpcException(ErrorId.NodeUnreachable, "No route.", "o2wn03"));
        var summary = HpcNodeSummary.Of([await AskAsync("o2wn01"), await AskAsync("o2wn02"), await AskAsync("o2wn03")]);
        Assert.Equal((3, 2, 0, 1), (summary.Nodes, summary.Ready, summary.NoEngine, summary.Unreachable));
        Assert.Equal((112, 2, 1), (summary.Cores, summary.Containers, summary.Jobs));
        Assert.Equal("3 nodes: 2 ready, 0 without engine, 1 unreachable; 112 cores, 503 GiB; 1 job in 2 containers", summary.ToString());
    }

    [Fact]
    public async Task A_thousand_nodes_take_as_many_windows_and_little_memory()
    {
        const int Throttle = 64;
        var names = Enumerable.Range(1, 1000).Select(number => $"o2wn{number:0000}").ToArray();
        var (asked, most) = (0, 0);
        foreach (var name in names)
        {
            _cluster.Before(name, FakeStep.Run, async token =>
            {
                var now = Interlocked.Increment(ref asked);
                InterlockedMaximum(ref most, now);
                await Task.Delay(TimeSpan.FromMilliseconds(20), token);
                Interlocked.Decrement(ref asked);
            });
        }

        _cluster.FailOn("o2wn0500", FakeStep.Connect, new HpcException(ErrorId.NodeUnreachable, "No route.", "o2wn0500"));
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var rows = new System.Collections.Concurrent.ConcurrentQueue<HpcNode>();
        var cluster = _cluster.Cluster with
        {
            Throttle = Throttle,
            NodeTimeout = TimeSpan.FromSeconds(30),
            Failed = failure => rows.Enqueue(HpcNode.Unreachable(failure.Node, (HpcException)failure.Cause)),
        };
        await cluster.OnEachAsync(
            names, async (node, token) => rows.Enqueue(await NodeSurvey.ReadAsync(cluster, node, token)), CancellationToken.None);
        var kept = GC.GetTotalMemory(forceFullCollection: true) - before;

        var summary = HpcNodeSummary.Of(rows);
        Assert.Equal((1000, 999, 1, 999 * 56), (summary.Nodes, summary.Ready, summary.Unreachable, summary.Cores));
        Assert.InRange(most, 2, Throttle);
        Assert.True(kept < 16 << 20, $"1,000 rows, and the fake's record of 4,000 calls, keep {kept} bytes.");
    }

    private static void InterlockedMaximum(ref int target, int value)
    {
        for (var seen = target; value > seen; seen = target)
        {
            if (Interlocked.CompareExchange(ref target, value, seen) == seen)
            {
                return;
            }
        }
    }

    private Task<HpcNode> AskAsync(string node) => NodeSurvey.ReadAsync(_cluster.Cluster, node, CancellationToken.None);

    private void Add(string id, string job, ContainerState state, string node = "o2wn01") => _cluster.EngineOf(node).Add(new EngineContainer
    {
        Id = id,
        Name = id,
        Image = "tiny",
        State = state,
        CreatedAt = DateTimeOffset.UnixEpoch,
        Labels = new Dictionary<string, string> { [ContainerLabels.Job] = job },
    });
}
