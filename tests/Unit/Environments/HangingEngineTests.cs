using PisaHpc.Engines;
using PisaHpc.Environments;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Environments;

/// <summary>An engine that says nothing more in the midst of a change: the node's lock, its logins and its drain wait for nobody.</summary>
public sealed class HangingEngineTests
{
    private const string Node = "o2wn02";

    private static readonly Task Never = new TaskCompletionSource().Task;

    private readonly SyncCluster _cluster = new();

    [Fact]
    public void A_short_request_has_a_minute_when_nobody_says()
    {
        var cluster = new StaticCluster();
        var planner = new StaticPlanner(cluster.Nodes.Cluster, cluster.Site, "a@b");
        var survey = new EnvironmentSurvey(cluster.Nodes.Cluster, cluster.Site, planner);
        Assert.Equal(TimeSpan.FromMinutes(1), new StaticConverger(cluster.Nodes.Cluster, survey, "a@b").EngineLimit);
        Assert.Equal(TimeSpan.FromMinutes(1), new StaticStarter(cluster.Nodes.Cluster).EngineLimit);
    }

    [Theory]
    [InlineData(FakeStep.List)]
    [InlineData(FakeStep.Execute)]
    [InlineData(FakeStep.Update)]
    [InlineData(FakeStep.Stop)]
    [InlineData(FakeStep.Rename)]
    [InlineData(FakeStep.Create)]
    [InlineData(FakeStep.Start)]
    public async Task It_is_its_node_s_failure_and_the_others_are_brought_to_what_is_declared(FakeStep step)
    {
        await _cluster.SyncAsync();
        _cluster.Change();
        _cluster.EngineLimit = TimeSpan.FromMilliseconds(200);
        HangsUnderTheLock(step);

        var changes = await _cluster.SyncAsync(limit: "2", maxFailure: 2);
        Assert.Equal(
            (Node, nameof(ErrorId.EngineTimeout)),
            Assert.Single(changes.Where(change => change.Failure.Length > 0).Select(change => (change.Node, change.Failure))));
        foreach (var node in SyncCluster.Names.Where(node => node != Node))
        {
            Assert.True(await _cluster.IsAsDeclaredAsync(node), $"{node} is not as declared.");
        }
    }

    [Theory]
    [InlineData(FakeStep.Rename)]
    [InlineData(FakeStep.Create)]
    public async Task The_old_one_is_back_where_the_engine_answers_what_that_takes(FakeStep step)
    {
        await _cluster.SyncAsync(nodes: Node);
        var old = Assert.Single(_cluster.On(Node)).Id;
        _cluster.Change();
        _cluster.EngineLimit = TimeSpan.FromMilliseconds(200);
        HangsUnderTheLock(step);

        var change = Assert.Single(await _cluster.SyncAsync(nodes: Node), change => change.Failure.Length > 0);
        Assert.Equal(("EngineTimeout", true), (change.Failure, change.Ready));
        var back = Assert.Single(_cluster.On(Node));
        Assert.Equal((old, SyncCluster.Name, ContainerState.Running), (back.Id, back.Name, back.State));
    }

    [Fact]
    public async Task A_pull_takes_as_long_as_it_takes()
    {
        var pulled = new TaskCompletionSource();
        var limit = TimeSpan.FromMilliseconds(50);
        var engine = new TimedEngine(_cluster.Nodes.EngineOf(Node), limit);
        _cluster.Nodes.HoldOn(Node, FakeStep.PullImage, pulled.Task);
        _cluster.Nodes.HoldOn(Node, FakeStep.List, Never);
        _cluster.Nodes.RegistryDigests["registry.lab:5000/pisa/new:1"] = FakeImageStore.Digest('b');

        var pulling = engine.Images.PullAsync("registry.lab:5000/pisa/new:1", progress: null, default);
        var late = await Assert.ThrowsAsync<HpcException>(() => engine.ListAsync(new Dictionary<string, string?>(), default));
        Assert.Equal((ErrorId.EngineTimeout, Node), (late.Id, late.Target));
        Assert.False(pulling.IsCompleted);
        pulled.SetResult();
        await pulling;
    }

    [Fact]
    public async Task A_stop_has_its_grace_beside_the_limit()
    {
        var engine = new TimedEngine(_cluster.Nodes.EngineOf(Node), TimeSpan.FromMilliseconds(100));
        _cluster.Nodes.HoldOn(Node, FakeStep.Stop, Never);
        var late = await Assert.ThrowsAsync<HpcException>(() => engine.StopAsync("c", TimeSpan.FromMilliseconds(200), default));
        Assert.Contains("within 0.3 s", late.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_asks_can_leave_before()
    {
        using var leaving = new CancellationTokenSource();
        var engine = new TimedEngine(_cluster.Nodes.EngineOf(Node), Cluster.ShortWork);
        _cluster.Nodes.HoldOn(Node, FakeStep.List, Never);
        var asking = engine.ListAsync(new Dictionary<string, string?>(), leaving.Token);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
    }

    [Fact]
    public async Task A_start_of_one_node_ends_too()
    {
        var cluster = new StaticCluster { EngineLimit = TimeSpan.FromMilliseconds(200) };
        cluster.Nodes.HoldOn("o2wn01", FakeStep.Start, Never);
        Assert.Equal(ErrorId.EngineTimeout, (await Assert.ThrowsAsync<HpcException>(cluster.StartAsync)).Id);
        Assert.Empty(cluster.Engine.Containers);
    }

    /// <summary>The engine hangs at a step from the moment on at which somebody has the right to change the node.</summary>
    private void HangsUnderTheLock(FakeStep step) => _cluster.Nodes.Before(Node, FakeStep.StartProcess, _ =>
    {
        _cluster.Nodes.HoldOn(Node, step, Never);
        return Task.CompletedTask;
    });
}
