namespace PisaHpc.Unit.Setup;

/// <summary>A change of an engine in swarm mode, which does not start with live-restore, and so loses its containers in a restart.</summary>
public sealed class SwarmEngineChangeTests
{
    private const string Old = "{ \"debug\": false }\n";

    [Fact]
    public async Task An_engine_in_swarm_mode_gets_no_live_restore_and_is_restarted_when_nothing_runs()
    {
        var node = new FakeNode(Old, liveRestore: false);
        node.Engine = node.Engine with { IsInSwarm = true };
        Assert.Equal("Restart", (await node.InitializeAsync()).EngineAction);
        Assert.DoesNotContain("live-restore", node.File, StringComparison.Ordinal);
        Assert.Equal(("None", false), ((await node.InitializeAsync()).EngineAction, node.Engine.LiveRestore));
    }

    [Fact]
    public async Task An_engine_in_swarm_mode_with_containers_is_not_restarted_and_takes_up_what_a_signal_brings()
    {
        var node = new FakeNode(Old, liveRestore: false);
        node.Engine = node.Engine with { IsInSwarm = true, RunningContainers = 1 };
        var failure = await Assert.ThrowsAsync<HpcException>(() => node.InitializeAsync());
        Assert.Equal(ErrorId.EngineConfigurationRefused, failure.Id);
        Assert.Contains("swarm mode, which excludes live-restore: 1 container would end", failure.Message, StringComparison.Ordinal);
        Assert.Empty(node.Steps);
        Assert.Equal((Old, true, false, false), (node.File, node.EngineIsUp, node.Engine.LiveRestore, node.Pending));

        node = new FakeNode("{ \"log-opts\": { \"max-size\": \"1m\", \"max-file\": \"2\" } }", liveRestore: false);
        node.Engine = node.Engine with { IsInSwarm = true, RunningContainers = 1 };
        Assert.Equal("Reload", (await node.InitializeAsync()).EngineAction);
        Assert.False(node.Engine.LiveRestore);
    }

    [Theory]
    [InlineData(true, "{ \"debug\": false }", "The site wants engine.liveRestore: true")]
    [InlineData(null, "{ \"live-restore\": true, \"log-opts\": { \"max-size\": \"1m\", \"max-file\": \"2\" } }", "daemon.json says \"live-restore\": true")]
    public async Task What_an_engine_in_swarm_mode_would_not_start_with_is_told(bool? site, string file, string words)
    {
        var node = new FakeNode(file, liveRestore: false) { LiveRestore = site, Trust = null };
        node.Engine = node.Engine with { IsInSwarm = true };
        var failure = await Assert.ThrowsAsync<HpcException>(() => node.InitializeAsync());
        Assert.Equal(ErrorId.EngineConfigurationRefused, failure.Id);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
        Assert.Contains("docker swarm leave", failure.RecommendedAction, StringComparison.Ordinal);
        Assert.Empty(node.Steps);
    }

    [Fact]
    public async Task An_engine_in_swarm_mode_that_is_down_is_known_by_what_it_left()
    {
        var node = new FakeNode(Old, liveRestore: false) { EngineIsUp = false, MoreFacts = "swarm\t1\n" };
        await node.InitializeAsync();
        Assert.DoesNotContain("live-restore", node.File, StringComparison.Ordinal);
    }
}
