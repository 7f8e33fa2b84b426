using PisaHpc.Engines;
using PisaHpc.Nodes;

namespace PisaHpc.Unit.Nodes;

/// <summary>The fake behaves as the interfaces say, or tests that stand on it prove nothing.</summary>
public class FakeClusterTests
{
    private static readonly ContainerSpec Spec = new()
    {
        Name = "job-1",
        Image = "tiny",
        Command = ["true"],
        User = "1:1",
        Labels = new Dictionary<string, string> { ["job"] = "1" },
    };

    [Fact]
    public async Task A_container_lives_and_is_removed_once()
    {
        var engine = await ((IEngineConnector)new FakeCluster()).ConnectAsync("n1", CancellationToken.None);
        var id = await engine.CreateAsync(Spec, CancellationToken.None);
        await engine.StartAsync(id, CancellationToken.None);
        Assert.Equal(ContainerState.Running, (await engine.FindAsync("job-1", CancellationToken.None))!.State);
        Assert.Single(await engine.ListAsync(new Dictionary<string, string?> { ["job"] = null }, CancellationToken.None));
        Assert.Empty(await engine.ListAsync(new Dictionary<string, string?> { ["job"] = "2" }, CancellationToken.None));
        Assert.True(await engine.StopAsync(id, TimeSpan.Zero, CancellationToken.None));
        Assert.False(await engine.StopAsync(id, TimeSpan.Zero, CancellationToken.None));
        Assert.True(await engine.RemoveAsync(id, CancellationToken.None));
        Assert.False(await engine.RemoveAsync(id, CancellationToken.None));
    }

    [Fact]
    public async Task A_step_fails_on_the_node_that_was_told_to()
    {
        var cluster = new FakeCluster();
        cluster.FailOn("n2", FakeStep.Create, new HpcException(ErrorId.LimitRefused, "no", "n2"));
        await cluster.EngineOf("n1").CreateAsync(Spec, CancellationToken.None);
        var failure = await Assert.ThrowsAsync<HpcException>(() => cluster.EngineOf("n2").CreateAsync(Spec, CancellationToken.None));
        Assert.Equal(ErrorId.LimitRefused, failure.Id);
        Assert.Equal([new FakeCall("n1", FakeStep.Create, "job-1"), new FakeCall("n2", FakeStep.Create, "job-1")], cluster.Calls);
    }

    [Fact]
    public async Task A_held_step_ends_with_its_token()
    {
        var cluster = new FakeCluster();
        cluster.HoldOn("n1", FakeStep.Run, new TaskCompletionSource().Task);
        var node = await ((INodeConnector)cluster).ConnectAsync("n1", CancellationToken.None);
        using var stop = new CancellationTokenSource();
        var running = node.RunAsync(["true"], default, stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }
}
