using PisaHpc.Containers;

namespace PisaHpc.Unit.Setup;

/// <summary>The steps of a change, and that containers go on and the old file comes back at whichever of them it ends.</summary>
public sealed class EngineChangeTests
{
    private const string Old = "{ \"debug\": false }\n";

    [Fact]
    public async Task A_restart_is_tried_by_a_signal_first_and_keeps_the_containers()
    {
        var node = new FakeNode(Old, liveRestore: false);
        var done = await node.InitializeAsync();
        Assert.Equal(["backup", "put", "reload", "put", "restart"], node.Steps);
        Assert.Equal((true, "Restart", 1, 0), (done.Changed, done.EngineAction, done.ContainersKept, done.ContainersLost.Count));
        Assert.Equal("/etc/docker/daemon.json.pisahpc-19700101T000000Z", done.Backup);
        Assert.Equal((true, false), (node.Engine.LiveRestore, node.Pending));
        Assert.Empty(node.Engine.Labels);

        var again = await node.InitializeAsync();
        Assert.Equal((false, "None"), (again.Changed, again.EngineAction));
        Assert.Equal(5, node.Steps.Count);
    }

    [Fact]
    public async Task A_file_without_live_restore_is_taken_up_with_it_and_gives_it_back_by_a_signal()
    {
        var node = new FakeNode("{ \"live-restore\": false }", liveRestore: false);
        var done = await node.InitializeAsync();
        Assert.Equal(["backup", "put", "reload", "put", "restart", "put", "reload"], node.Steps);
        Assert.Equal((1, false), (done.ContainersKept, node.Engine.LiveRestore));
    }

    [Fact]
    public async Task An_engine_that_does_not_start_has_its_old_file_again_and_its_containers_go_on()
    {
        var node = new FakeNode(Old, liveRestore: false) { StartsWith = file => !file!.Contains("log-opts", StringComparison.Ordinal) };
        var failure = await Assert.ThrowsAsync<HpcException>(() => node.InitializeAsync());
        Assert.Equal(ErrorId.EngineConfigurationRefused, failure.Id);
        Assert.Contains("both as a flag", failure.Message, StringComparison.Ordinal);
        AssertAsBefore(node);
    }

    [Fact]
    public async Task A_node_that_had_no_file_has_none_again()
    {
        var node = new FakeNode(null, liveRestore: false) { StartsWith = file => !file!.Contains("log-opts", StringComparison.Ordinal) };
        await Assert.ThrowsAsync<HpcException>(() => node.InitializeAsync());
        Assert.Equal((null, true, false), (node.File, node.EngineIsUp, node.Pending));
        Assert.Equal(ContainerState.Running, Assert.Single(node.Containers).State);
    }

    [Theory]
    [InlineData("reload")]
    [InlineData("restart")]
    public async Task An_interrupted_change_is_taken_back(string step)
    {
        using var stop = new CancellationTokenSource();
        var node = new FakeNode(Old, liveRestore: false);
        node.Before = now =>
        {
            if (now == step && !stop.IsCancellationRequested)
            {
                stop.Cancel();
                stop.Token.ThrowIfCancellationRequested();
            }
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => node.InitializeAsync(stop.Token));
        AssertAsBefore(node);
    }

    [Fact]
    public async Task An_engine_that_comes_up_with_neither_is_named_with_the_file_to_put_back()
    {
        var node = new FakeNode(Old, liveRestore: false) { StartsWith = _ => false };
        var failure = await Assert.ThrowsAsync<HpcException>(() => node.InitializeAsync());
        Assert.Equal(Old, node.File);
        Assert.Contains("Putting the old one back failed too", failure.Message, StringComparison.Ordinal);
        Assert.Contains("daemon.json.pisahpc-19700101T000000Z", failure.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_signal_brings_takes_no_restart()
    {
        var node = new FakeNode("{ \"log-opts\": { \"max-size\": \"1m\", \"max-file\": \"2\" } }", liveRestore: false);
        Assert.Equal("Reload", (await node.InitializeAsync()).EngineAction);
        Assert.DoesNotContain("restart", node.Steps);
        Assert.True(node.Engine.LiveRestore);
    }

    [Fact]
    public async Task A_file_that_is_right_and_was_never_taken_up_is()
    {
        var node = new FakeNode("{ \"live-restore\": true, \"insecure-registries\": [\"registry.lab:5000\"], \"log-opts\": { \"max-size\": \"1m\", \"max-file\": \"2\" } }", liveRestore: false);
        var done = await node.InitializeAsync();
        Assert.Equal((true, "Reload", null), (done.Changed, done.EngineAction, done.Backup));
        Assert.True(node.Engine.LiveRestore);
    }

    private static void AssertAsBefore(FakeNode node)
    {
        Assert.Equal((Old, true, false, false), (node.File, node.EngineIsUp, node.Engine.LiveRestore, node.Pending));
        Assert.Empty(node.Engine.Labels);
        Assert.Equal(ContainerState.Running, Assert.Single(node.Containers).State);
    }
}
