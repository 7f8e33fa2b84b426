using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Containers;

/// <summary>Logs of many containers are read as one, in the order of their lines' times.</summary>
public sealed class LogMergeTests
{
    private readonly FakeCluster _cluster = new();
    private readonly List<NodeFailure> _failed = [];

    [Fact]
    public async Task Lines_come_in_the_order_of_their_time_and_those_of_one_time_in_the_order_of_their_containers()
    {
        Log("n1", (1, "a"), (4, "d"), (5, "f"));
        Log("n2", (2, "b"), (3, "c"), (5, "g"));
        Log("n3");
        Log("n4", (4, "e"));
        Assert.Equal(["a n1", "b n2", "c n2", "d n1", "e n4", "f n1", "g n2"], await ReadAsync(new LogPart(), "n1", "n2", "n3", "n4"));
        Assert.Empty(_failed);
    }

    [Fact]
    public async Task A_part_is_read_of_each()
    {
        Log("n1", (1, "a"), (2, "b"), (3, "c"));
        Log("n2", (1, "d"), (2, "e"));
        Assert.Equal(["b n1", "e n2", "c n1"], await ReadAsync(new LogPart(Since: At(2)), "n1", "n2"));
        Assert.Equal(["e n2", "c n1"], await ReadAsync(new LogPart(Tail: 1), "n1", "n2"));
    }

    [Fact]
    public async Task A_node_that_fails_does_not_hold_the_others()
    {
        Log("n1", (1, "a"));
        Log("n2", (2, "b"));
        _cluster.FailOn("n1", FakeStep.ReadLog, new HpcException(ErrorId.NodeUnreachable, "It is gone.", "n1"));
        Assert.Equal(["b n2"], await ReadAsync(new LogPart(), "n1", "n2"));
        Assert.Equal("n1: NodeUnreachable: It is gone.", Assert.Single(_failed).ToString());
    }

    [Fact]
    public async Task One_that_takes_too_long_is_late()
    {
        Log("n1", (1, "a"));
        Log("n2", (2, "b"));
        _cluster.HoldOn("n1", FakeStep.ReadLog, new TaskCompletionSource().Task);
        Assert.Equal(["b n2"], await ReadAsync(new LogPart(), TimeSpan.FromMilliseconds(200), "n1", "n2"));
        Assert.Equal(ErrorId.NodeTimeout, Assert.Single(_failed).Id);
    }

    [Fact]
    public async Task Of_a_long_log_no_more_is_read_than_is_taken()
    {
        var read = 0;
        _cluster.EngineOf("n1").Log = new CountedLog(1_000_000, () => read++);
        await foreach (var line in Merge(TimeSpan.FromMinutes(1), new LogPart(), ["n1"]))
        {
            if (line.Text == "9")
            {
                break;
            }
        }

        Assert.InRange(read, 10, 11);
    }

    [Fact]
    public async Task No_more_logs_are_opened_at_a_time_than_was_said()
    {
        string[] nodes = ["n1", "n2", "n3", "n4", "n5"];
        var asked = new SemaphoreSlim(0);
        var answer = new SemaphoreSlim(0);
        foreach (var node in nodes)
        {
            Log(node, (1, node));
            _cluster.Before(node, FakeStep.ReadLog, async stopping =>
            {
                asked.Release();
                await answer.WaitAsync(stopping);
            });
        }

        var lines = Merge(Timeout.InfiniteTimeSpan, new LogPart(), nodes, openings: 2).ToArrayAsync().AsTask();
        for (var done = 0; done < nodes.Length; done++)
        {
            await asked.WaitAsync(TimeSpan.FromSeconds(30));
            Assert.InRange(_cluster.Calls.Count, 1, done + 2);
            answer.Release();
        }

        Assert.Equal(nodes, (await lines).Select(line => line.Node));
    }

    private Task<string[]> ReadAsync(LogPart part, params string[] nodes) => ReadAsync(part, Timeout.InfiniteTimeSpan, nodes);

    private async Task<string[]> ReadAsync(LogPart part, TimeSpan timeout, params string[] nodes) =>
        await Merge(timeout, part, nodes).Select(line => $"{line.Text} {line.Node}").ToArrayAsync();

    private IAsyncEnumerable<HpcContainerLogLine> Merge(TimeSpan timeout, LogPart part, string[] nodes, int openings = 32) =>
        new LogMerge(part, timeout, openings, _failed.Add).ReadAsync(
            [.. nodes.Select(node => ((IContainerEngine)EngineOf(node), OutputFoldTests.Container(node)))], CancellationToken.None);

    private FakeEngine EngineOf(string node)
    {
        var engine = _cluster.EngineOf(node);
        engine.Add(new EngineContainer
        {
            Id = node,
            Name = node,
            Image = "tiny",
            State = ContainerState.Running,
            CreatedAt = DateTimeOffset.UnixEpoch,
            Labels = new Dictionary<string, string>(),
        });
        return engine;
    }

    private void Log(string node, params (int Second, string Text)[] lines) => _cluster.EngineOf(node).Log =
        [.. lines.Select(line => new EngineLogLine("stdout", At(line.Second), line.Text))];

    private static DateTimeOffset At(int second) => DateTimeOffset.UnixEpoch.AddSeconds(second);

    /// <summary>A log whose lines are made as they are read.</summary>
    private sealed class CountedLog(int count, Action read) : IReadOnlyList<EngineLogLine>
    {
        public int Count => count;

        public EngineLogLine this[int index] => new("stdout", At(index), $"{index}");

        public IEnumerator<EngineLogLine> GetEnumerator()
        {
            for (var index = 0; index < count; index++)
            {
                read();
                yield return this[index];
            }
        }

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
