using System.Collections.Concurrent;
using PisaHpc.Nodes;

namespace PisaHpc.Unit.Nodes;

public sealed class NodeTurnsTests
{
    private readonly ConcurrentQueue<string> _said = new();
    private readonly Dictionary<string, (TaskCompletionSource Ready, TaskCompletionSource Spoken)> _work = [];

    [Fact]
    public async Task What_is_said_of_nodes_comes_in_their_order_whichever_is_ready_first()
    {
        var all = RunAsync(["n1", "n2", "n3"]);
        await SayAndEndAsync("n3", "n2");
        Assert.Empty(_said);
        await SayAndEndAsync("n1");
        await all;
        Assert.Equal(["n1", "n2", "n3"], _said);
    }

    [Fact]
    public async Task A_slow_node_holds_back_only_what_follows_it()
    {
        var all = RunAsync(["n1", "n2", "n3"]);
        await SayAndEndAsync("n1", "n3");
        Assert.Equal(["n1"], _said);
        await SayAndEndAsync("n2");
        await all;
        Assert.Equal(["n1", "n2", "n3"], _said);
    }

    [Fact]
    public async Task Of_the_node_whose_turn_it_is_each_word_is_out_at_once()
    {
        var spoken = new TaskCompletionSource();
        var goOn = new TaskCompletionSource();
        var all = FanOut.RunAsync(
            ["n1"],
            1,
            Timeout.InfiniteTimeSpan,
            async (_, _) =>
            {
                Say("first");
                spoken.SetResult();
                await goOn.Task;
                Say("second");
            },
            _ => { },
            CancellationToken.None,
            inOrder: true);
        await spoken.Task;
        Assert.Equal(["first"], _said);
        goOn.SetResult();
        await all;
        Assert.Equal(["first", "second"], _said);
    }

    [Fact]
    public async Task A_failure_is_said_in_its_node_s_place()
    {
        var gone = new TaskCompletionSource();
        await FanOut.RunAsync(
            ["n1", "n2"],
            2,
            Timeout.InfiniteTimeSpan,
            async (node, _) =>
            {
                if (node == "n2")
                {
                    Say("n2");
                    gone.SetResult();
                    return;
                }

                await gone.Task;
                throw new InvalidOperationException("refused");
            },
            failure => Say($"{failure.Node} {failure.Cause.Message}"),
            CancellationToken.None,
            inOrder: true);
        Assert.Equal(["n1 refused", "n2"], _said);
    }

    [Fact]
    public async Task What_is_said_after_a_node_s_work_keeps_its_place_too()
    {
        var settled = new TaskCompletionSource();
        var late = new ConcurrentBag<Task>();
        await FanOut.RunAsync(
            ["n1", "n2"],
            1,
            Timeout.InfiniteTimeSpan,
            (node, _) =>
            {
                late.Add(LaterAsync(node, node == "n1" ? settled.Task : Task.CompletedTask));
                return Task.CompletedTask;
            },
            _ => { },
            CancellationToken.None,
            inOrder: true);
        Assert.Empty(_said);
        settled.SetResult();
        await Task.WhenAll(late);
        Assert.Equal(["n1", "n2"], _said);

        async Task LaterAsync(string node, Task what)
        {
            using var turn = NodeTurns.Keep();
            await what;
            Say(node);
        }
    }

    [Fact]
    public async Task Turns_within_a_turn_wait_for_that_one()
    {
        var first = new TaskCompletionSource();
        var all = FanOut.RunAsync(
            ["n1", "n2"],
            2,
            Timeout.InfiniteTimeSpan,
            async (node, _) =>
            {
                await (node == "n1" ? first.Task : Task.CompletedTask);
                await FanOut.RunAsync(
                    ["a", "b"],
                    2,
                    Timeout.InfiniteTimeSpan,
                    (part, _) =>
                    {
                        Say(node + part);
                        return Task.CompletedTask;
                    },
                    _ => { },
                    CancellationToken.None,
                    inOrder: true);
                first.TrySetResult();
            },
            _ => { },
            CancellationToken.None,
            inOrder: true);
        await all;
        Assert.Equal(["n1a", "n1b", "n2a", "n2b"], _said);
    }

    [Fact]
    public async Task Unless_order_is_wanted_everything_is_said_at_once()
    {
        var all = RunAsync(["n1", "n2"], inOrder: false);
        await SayAndEndAsync("n2");
        Assert.Equal(["n2"], _said);
        await SayAndEndAsync("n1");
        await all;
    }

    [Fact]
    public async Task An_interruption_loses_nothing_that_was_said()
    {
        using var stop = new CancellationTokenSource();
        var all = RunAsync(["n1", "n2"], stopping: stop.Token);
        await SayAndEndAsync("n2");
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => all);
        Assert.Equal(["n2"], _said);
    }

    private void Say(string word) => NodeTurns.Say(() => _said.Enqueue(word));

    private async Task SayAndEndAsync(params string[] nodes)
    {
        foreach (var node in nodes)
        {
            _work[node].Ready.SetResult();
            await _work[node].Spoken.Task;
        }
    }

    private Task RunAsync(IReadOnlyList<string> nodes, bool inOrder = true, CancellationToken stopping = default)
    {
        foreach (var node in nodes)
        {
            _work[node] = (new TaskCompletionSource(), new TaskCompletionSource());
        }

        return FanOut.RunAsync(
            nodes,
            nodes.Count,
            Timeout.InfiniteTimeSpan,
            async (node, cancelled) =>
            {
                await _work[node].Ready.Task.WaitAsync(cancelled);
                Say(node);
                _work[node].Spoken.SetResult();
            },
            _ => { },
            stopping,
            inOrder: inOrder);
    }
}
