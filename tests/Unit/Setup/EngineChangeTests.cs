using PisaHpc.Engines;
using PisaHpc.Unit.Nodes;

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
        Assert.Equal([$"Engine: the configuration of before is back on {FakeNode.Name}."], node.TakenBack.Lines);
    }

    [Fact]
    public async Task An_engine_that_comes_up_with_neither_is_named_with_the_way_to_start_it()
    {
        var node = new FakeNode(Old, liveRestore: false) { StartsWith = _ => false };
        var failure = await Assert.ThrowsAsync<HpcException>(() => node.InitializeAsync());
        Assert.Equal(Old, node.File);
        Assert.Contains("Putting the old one back failed too", failure.Message, StringComparison.Ordinal);
        Assert.Contains("The old /etc/docker/daemon.json stands", failure.RecommendedAction, StringComparison.Ordinal);
        Assert.Contains("start the engine: restart", failure.RecommendedAction, StringComparison.Ordinal);
        Assert.False(node.EngineIsUp);
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

    [Fact]
    public async Task A_connection_that_breaks_in_a_restart_says_that_the_node_goes_on_by_itself()
    {
        var node = new FakeNode(Old, liveRestore: false);
        var broken = false;
        node.Cluster.Before(FakeNode.Name, FakeStep.Run, _ =>
        {
            broken |= node.Cluster.Calls[^1].Subject.Contains("setsid", StringComparison.Ordinal);
            return broken
                ? Task.FromException(new HpcException(ErrorId.NodeUnreachable, "The connection broke.", FakeNode.Name))
                : Task.CompletedTask;
        });
        var failure = await Assert.ThrowsAsync<HpcException>(() => node.InitializeAsync());
        Assert.Equal(ErrorId.EngineConfigurationRefused, failure.Id);
        Assert.Contains("The node goes on by itself", failure.RecommendedAction, StringComparison.Ordinal);
        Assert.True(node.Pending);
    }

    [Fact]
    public async Task An_engine_that_starts_with_its_very_old_file_alone_is_started_with_that()
    {
        var node = new FakeNode(Old, liveRestore: false) { StartsWith = file => file == Old };
        node.Engine = node.Engine with { RunningContainers = 1 };
        var failure = await Assert.ThrowsAsync<HpcException>(() => node.InitializeAsync());
        Assert.Equal((Old, true, false), (node.File, node.EngineIsUp, node.Pending));
        Assert.Contains("those that ran may have ended", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_engine_that_started_and_does_not_take_up_its_file_goes_back_by_a_restart_too()
    {
        var node = new FakeNode("{ \"live-restore\": false }", liveRestore: false) { StartsWith = file => !file!.Contains("true", StringComparison.Ordinal) || Tried(file) };
        var reloads = 0;
        node.AfterReload = takeUp =>
        {
            if (++reloads == 2)
            {
                throw new HpcException(ErrorId.NodeCommandFailed, "no signal", FakeNode.Name);
            }

            takeUp();
        };
        await Assert.ThrowsAsync<HpcException>(() => node.InitializeAsync());
        Assert.Equal(("{ \"live-restore\": false }", true, false), (node.File, node.EngineIsUp, node.Engine.LiveRestore));

        static bool Tried(string file) => file.Contains("log-opts", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_the_engine_was_never_started_with_is_no_way_back()
    {
        const string Spoilt = "{ \"debug\": false, \"log-opts\": { \"nonsense\": \"1\" } }";
        var node = new FakeNode(Spoilt, liveRestore: false) { MoreFacts = "changed\t1\n" };
        var failure = await Assert.ThrowsAsync<HpcException>(() => node.InitializeAsync());
        Assert.Equal(ErrorId.EngineConfigurationRefused, failure.Id);
        Assert.Contains("in what only a start takes up: log-opts", failure.Message, StringComparison.Ordinal);
        Assert.Empty(node.Steps);

        var proven = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes("{ \"log-opts\": { \"nonsense\": \"1\" } }"));
        node = new FakeNode(Spoilt, liveRestore: false) { MoreFacts = $"changed\t1\nproven\t{proven}\n" };
        Assert.Equal("Restart", (await node.InitializeAsync()).EngineAction);
    }

    [Fact]
    public async Task The_file_that_the_engine_reads_is_the_one_that_is_changed_and_named()
    {
        var node = new FakeNode(Old, liveRestore: false) { MoreFacts = "file\t/srv/docker/engine.json\n" };
        var done = await node.InitializeAsync();
        Assert.Equal("/srv/docker/engine.json.pisahpc-19700101T000000Z", done.Backup);
        Assert.All(done.Changes.Take(1), change => Assert.StartsWith("/srv/docker/engine.json: set ", change, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_engine_that_runs_and_cannot_be_asked_is_left_alone()
    {
        var node = new FakeNode(Old, liveRestore: false);
        node.Cluster.FailOn(FakeNode.Name, FakeStep.ConnectEngine, new HpcException(ErrorId.EngineUnavailable, "no docker client", FakeNode.Name));
        var failure = await Assert.ThrowsAsync<HpcException>(() => node.InitializeAsync());
        Assert.Equal(ErrorId.EngineUnavailable, failure.Id);
        Assert.Contains("no docker client. It runs all the same", failure.Message, StringComparison.Ordinal);
        Assert.Contains("nodes.engineSocket", failure.RecommendedAction, StringComparison.Ordinal);
        Assert.Empty(node.Steps);
        AssertAsBefore(node);
    }

    [Fact]
    public async Task An_engine_that_is_down_is_started_with_the_new_configuration()
    {
        var node = new FakeNode(Old, liveRestore: false) { EngineIsUp = false };
        Assert.Equal("Restart", (await node.InitializeAsync()).EngineAction);
        Assert.Equal(["backup", "put", "restart"], node.Steps);
        Assert.True(node.Engine.LiveRestore);
    }

    [Fact]
    public async Task An_engine_that_a_connection_would_start_is_not_asked()
    {
        var node = new FakeNode(Old, liveRestore: false) { EngineIsUp = false, ConnectingStarts = true };
        Assert.Null((await node.PlanAsync()).Engine);
        Assert.DoesNotContain(node.Cluster.Calls, call => call.Step == FakeStep.ConnectEngine);
    }

    [Fact]
    public async Task A_restart_that_changes_no_file_leaves_no_copy_of_it()
    {
        var node = new FakeNode(Old, liveRestore: false);
        await node.InitializeAsync();
        node.Kept.Clear();
        node.CutOff(node.File!, "/gone");
        var done = await node.InitializeAsync();
        Assert.Equal(("Restart", null), (done.EngineAction, done.Backup));
        Assert.Empty(node.Kept);
    }

    [Fact]
    public async Task A_registry_that_an_option_trusts_and_the_site_is_silent_about_changes_nothing()
    {
        var node = new FakeNode(
            "{ \"live-restore\": true, \"log-opts\": { \"max-size\": \"1m\", \"max-file\": \"2\" } }", liveRestore: true)
        {
            Options = ["--insecure-registry", "registry.lab:5000"],
            Trust = null,
        };
        node.Engine = node.Engine with { InsecureRegistries = new HashSet<string> { "registry.lab:5000" } };
        Assert.Equal("None", (await node.InitializeAsync()).EngineAction);
    }

    [Fact]
    public async Task An_engine_with_a_label_of_its_start_is_told_before_anything_is_tried()
    {
        var node = new FakeNode(Old, liveRestore: false) { Options = ["--label", "rack=7"] };
        var failure = await Assert.ThrowsAsync<HpcException>(() => node.InitializeAsync());
        Assert.Contains("--label (labels)", failure.Message, StringComparison.Ordinal);
        Assert.Empty(node.Steps);
    }

    [Fact]
    public async Task An_engine_that_was_started_with_live_restore_is_restarted_with_it()
    {
        var node = new FakeNode(Old, liveRestore: true) { Options = ["--live-restore"] };
        Assert.Equal((1, 0), (await node.InitializeAsync() is var done ? done.ContainersKept : 0, done.ContainersLost.Count));
        Assert.DoesNotContain("live-restore", node.File, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_given_back_by_a_signal_is_waited_for()
    {
        var node = new FakeNode("{ \"live-restore\": true }", liveRestore: true);
        using var stop = new CancellationTokenSource();
        var taken = 0;
        node.AfterReload = takeUp =>
        {
            if (!stop.IsCancellationRequested)
            {
                takeUp();
                stop.Cancel();
                return;
            }

            _ = Task.Run(async () =>
            {
                await Task.Delay(50);
                takeUp();
                taken++;
            });
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => node.InitializeAsync(stop.Token));
        Assert.Equal(("{ \"live-restore\": true }", 1), (node.File, taken));
        Assert.Empty(node.Engine.Labels);
    }

    private static void AssertAsBefore(FakeNode node)
    {
        Assert.Equal((Old, true, false, false), (node.File, node.EngineIsUp, node.Engine.LiveRestore, node.Pending));
        Assert.Empty(node.Engine.Labels);
        Assert.Equal(ContainerState.Running, Assert.Single(node.Containers).State);
    }
}
