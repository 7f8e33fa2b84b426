using PisaHpc.Adapters.Engines.Docker;
using PisaHpc.Sites;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Engines.Docker;

/// <summary>Attempts to reach an engine that several callers share.</summary>
public sealed class DockerEnginesTests
{
    [Fact]
    public async Task An_attempt_that_failed_after_its_caller_had_left_is_not_the_next_callers()
    {
        var cluster = new FakeCluster();
        var fails = new TaskCompletionSource();
        cluster.HoldOn("n1", FakeStep.Connect, fails.Task);
        await using var engines = new DockerEngines(cluster, new NodeAccess(), static () => null);
        using var leaves = new CancellationTokenSource();
        var left = engines.ConnectAsync("n1", leaves.Token);
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        fails.SetException(new HpcException(ErrorId.NodeUnreachable, "the old failure", "n1"));
        await Assert.ThrowsAsync<HpcException>(() => engines.AttemptAt("n1")!);

        cluster.FailOn("n1", FakeStep.Connect, new HpcException(ErrorId.NodeUnreachable, "the new failure", "n1"));
        var failure = await Assert.ThrowsAsync<HpcException>(() => engines.ConnectAsync("n1", CancellationToken.None));
        Assert.Equal("the new failure", failure.Message);
    }
}
