using System.Collections.Concurrent;
using PisaHpc.Nodes;

namespace PisaHpc.Unit.Nodes;

public sealed class FanOutTests
{
    private readonly ConcurrentDictionary<string, Exception> _failed = new(StringComparer.Ordinal);

    [Fact]
    public async Task A_node_that_takes_too_long_is_slow_and_not_unreachable()
    {
        await RunAsync();
        var late = Assert.IsType<HpcException>(_failed["n1"]);
        Assert.Equal((ErrorId.NodeTimeout, (object)"n1", null), (late.Id, late.Target, late.RecommendedAction));
    }

    [Fact]
    public async Task Where_the_work_is_what_takes_long_it_has_the_work_s_own_id_and_remedy()
    {
        await RunAsync(ErrorId.ImagePushFailed);
        var late = Assert.IsType<HpcException>(_failed["n1"]);
        Assert.Equal(ErrorId.ImagePushFailed, late.Id);
        Assert.Contains("-TimeoutSec", late.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Work_that_was_given_up_by_nobody_we_know_is_its_node_s_failure_and_the_others_go_on()
    {
        var done = new ConcurrentQueue<string>();
        await FanOut.RunAsync(
            ["n1", "n2", "n3"],
            1,
            Timeout.InfiniteTimeSpan,
            (node, _) =>
            {
                done.Enqueue(node);
                return node == "n1" ? throw new TaskCanceledException("a client's own time-out") : Task.CompletedTask;
            },
            failure => _failed[failure.Node] = failure.Cause,
            CancellationToken.None);
        Assert.Equal(["n1", "n2", "n3"], done);
        Assert.IsType<TaskCanceledException>(Assert.Single(_failed).Value);
    }

    private Task RunAsync(ErrorId late = ErrorId.NodeTimeout) => FanOut.RunAsync(
        ["n1"],
        1,
        TimeSpan.FromMilliseconds(1),
        (_, stopping) => Task.Delay(Timeout.Infinite, stopping),
        failure => _failed[failure.Node] = failure.Cause,
        CancellationToken.None,
        late);
}
