using PisaHpc.Engines;
using PisaHpc.Environments;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Environments;

/// <summary>What somebody else does to a node's containers between the look and the change, and what a change leaves of them.</summary>
public sealed class MeanwhileTests
{
    private const string Node = "o2wn01";

    private readonly StaticCluster _cluster = new();

    private FakeEngine Engine => _cluster.Engine;

    [Fact]
    public async Task One_that_was_down_and_runs_by_now_is_not_replaced()
    {
        var old = await _cluster.StartAsync();
        Engine.Exit(old.Id, 0);
        Redeclare("hostname: x");
        var plan = await _cluster.PlanOneAsync();
        var change = StaticChange.ToStart(plan, await _cluster.Starter.FindAsync(plan, default));
        Assert.Equal(StaticStep.Replace, change.Step);
        await Engine.StartAsync(old.Id, default);
        Assert.Equal(ErrorId.StaticBeingSynced, (await Assert.ThrowsAsync<HpcException>(() => _cluster.CarryOutAsync(change))).Id);
        Assert.Equal((old.Id, ContainerState.Running), (Assert.Single(Engine.Containers).Id, Engine.Containers[0].State));
    }

    [Fact]
    public async Task One_that_is_started_or_restarted_has_the_restart_policy_that_is_declared()
    {
        var started = await _cluster.StartAsync();
        await TakePolicyAsync();
        Engine.Exit(started.Id, 0);
        await _cluster.StartAsync();
        Assert.Equal(RestartPolicy.UnlessStopped, await PolicyAsync());
        await TakePolicyAsync();
        await _cluster.RestartAsync();
        Assert.Equal(RestartPolicy.UnlessStopped, await PolicyAsync());

        Task TakePolicyAsync() => Engine.UpdateAsync(started.Id, new LimitUpdate { Restart = RestartPolicy.No }, default);

        async Task<RestartPolicy?> PolicyAsync() => (await Engine.SpecificationAsync(started.Id, default))?.Restart;
    }

    [Fact]
    public async Task A_failure_that_finds_nothing_to_put_back_does_not_say_that_it_is_back()
    {
        var old = await _cluster.StartAsync();
        Redeclare("hostname: x");
        _cluster.Nodes.Before(Node, FakeStep.Create, async _ =>
        {
            await Engine.RemoveAsync(old.Id, default);
            throw new HpcException(ErrorId.EngineUnavailable, "no room", Node);
        });
        var failure = await Assert.ThrowsAsync<HpcException>(_cluster.RestartAsync);
        Assert.Equal((ErrorId.EngineUnavailable, "no room"), (failure.Id, failure.Message));
    }

    [Fact]
    public async Task What_somebody_made_under_the_name_is_not_touched_by_putting_back()
    {
        var old = await _cluster.StartAsync();
        Redeclare("hostname: x");
        _cluster.Nodes.Before(Node, FakeStep.Create, _ =>
        {
            Engine.Add(Engine.Containers.Single() with { Id = "stranger", Name = old.Name, Labels = new Dictionary<string, string>() });
            throw new HpcException(ErrorId.EngineUnavailable, "no room", Node);
        });
        var failure = await Assert.ThrowsAsync<HpcException>(_cluster.RestartAsync);
        Assert.Contains("could not be put back", failure.Message, StringComparison.Ordinal);
        Assert.Equal(2, Engine.Containers.Count);
        Assert.Contains(Engine.Containers, one => one.Id == old.Id && one.Name != old.Name);
    }

    [Fact]
    public async Task A_new_port_that_another_has_is_found_before_the_old_one_is_stopped()
    {
        var sync = new SyncCluster();
        await sync.SyncAsync(nodes: Node);
        sync.Listening.Add(2202);
        var old = sync.On(Node).Single().Id;
        sync.MovePort(2202);
        var change = Assert.Single(await sync.SyncAsync(nodes: Node), one => one.Failure.Length > 0);
        Assert.Equal(("PortInUse", true, false), (change.Failure, change.Ready, change.RolledBack));
        Assert.Equal((old, ContainerState.Running), (sync.On(Node).Single().Id, sync.On(Node).Single().State));
        Assert.Null(sync.Drain);
    }

    [Fact]
    public async Task An_old_one_that_cannot_be_removed_is_left_to_the_next_sync_and_the_new_one_stands()
    {
        var sync = new SyncCluster();
        await sync.SyncAsync(nodes: Node);
        sync.Change();
        sync.Nodes.FailOn(Node, FakeStep.Remove, new HpcException(ErrorId.EngineUnavailable, "away", Node));
        var change = Assert.Single(await sync.SyncAsync(nodes: Node));
        Assert.Equal((true, true, ""), (change.Changed, change.Ready, change.Failure));
        sync.Nodes.Before(Node, FakeStep.Remove, _ => Task.CompletedTask);
        Assert.Equal("Remove", Assert.Single(await sync.SyncAsync(nodes: Node)).Step);
        Assert.True(await sync.IsAsDeclaredAsync(Node));
    }

    [Fact]
    public async Task A_new_one_that_could_not_be_taken_back_gives_way_to_the_old_one()
    {
        var sync = new SyncCluster();
        await sync.SyncAsync(nodes: Node);
        var old = sync.On(Node).Single().Id;
        sync.Change("hostname: x");
        var removals = 0;
        sync.IsDeaf = (_, one) => one.Id != old;
        sync.Nodes.Before(Node, FakeStep.Remove, _ => removals++ == 0
            ? throw new HpcException(ErrorId.EngineUnavailable, "away", Node)
            : Task.CompletedTask);
        var change = Assert.Single(await sync.SyncAsync(nodes: Node));
        Assert.Equal((true, true), (change.Ready, change.RolledBack));
        var left = Assert.Single(sync.On(Node));
        Assert.Equal((old, SyncCluster.Name, ContainerState.Running), (left.Id, left.Name, left.State));
    }

    private void Redeclare(string more) => _cluster.Site = new StaticCluster(
        StaticCluster.Declared.Replace("port: 2201", $"port: 2201, {more}", StringComparison.Ordinal)).Site;
}
