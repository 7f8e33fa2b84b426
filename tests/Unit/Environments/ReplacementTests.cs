using PisaHpc.Engines;
using PisaHpc.Environments;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Environments;

/// <summary>One node in memory on which one container gives way to another: what users, its engine and a lost caller see of it.</summary>
public sealed class ReplacementTests
{
    private const string Node = "o2wn01";

    private readonly SyncCluster _cluster = new();

    private FakeEngine Engine => _cluster.Nodes.EngineOf(Node);

    private EngineContainer Only => Assert.Single(_cluster.On(Node));

    [Fact]
    public async Task Users_are_kept_out_until_the_old_one_has_stopped()
    {
        await ChangedAsync();
        var seen = new List<bool>();
        _cluster.Nodes.Before(Node, FakeStep.Stop, _ => SeeAsync());
        _cluster.Nodes.Before(Node, FakeStep.Rename, _ =>
        {
            _cluster.Drain!.End(137);
            return SeeAsync();
        });
        Assert.True(Assert.Single(await _cluster.SyncAsync(nodes: Node)).Changed);
        Assert.Equal([false, true], seen);

        Task SeeAsync()
        {
            seen.Add(_cluster.Drain!.HasEnded);
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task One_that_a_killed_drain_keeps_shut_is_opened_and_stays_the_same_container()
    {
        await _cluster.SyncAsync(nodes: Node);
        var shut = Only.Id;
        _cluster.Closed.Add(shut);
        var change = Assert.Single(await _cluster.SyncAsync(nodes: Node));
        Assert.Equal(("Open", true, true), (change.Step, change.Changed, change.Ready));
        Assert.Contains("/etc/nologin", change.Reason, StringComparison.Ordinal);
        Assert.Equal(shut, Only.Id);
        Assert.False(Assert.Single(await _cluster.SyncAsync(nodes: Node)).Changed);
    }

    [Fact]
    public async Task One_that_is_paused_goes_on_and_stays_the_same_container()
    {
        await _cluster.SyncAsync(nodes: Node);
        var paused = Only.Id;
        Engine.Pause(paused);
        var before = _cluster.Nodes.Calls.Count;
        var change = Assert.Single(await _cluster.SyncAsync(nodes: Node));
        Assert.Equal(("Unpause", "Paused", true, true), (change.Step, change.Reason, change.Changed, change.Ready));
        Assert.Equal((paused, ContainerState.Running), (Only.Id, Only.State));
        Assert.DoesNotContain(_cluster.Nodes.Calls.Skip(before), call => call.Step is FakeStep.Stop or FakeStep.Restart or FakeStep.Create);
        Assert.False(Assert.Single(await _cluster.SyncAsync(nodes: Node)).Changed);
    }

    [Fact]
    public async Task One_that_is_paused_and_otherwise_than_declared_is_asked_who_works_in_it_before_it_goes()
    {
        var paused = await ChangedAsync();
        Engine.Pause(paused);
        _cluster.IsBusy = container => container.Id == paused;
        Assert.Equal("StaticBusy", (await FailsAsync()).Failure);
        Assert.Equal((paused, ContainerState.Running), (Only.Id, Only.State));

        Engine.Pause(paused);
        _cluster.IsBusy = _ => false;
        Assert.Equal("Replace", Assert.Single(await _cluster.SyncAsync(nodes: Node)).Step);
        Assert.True(await _cluster.IsAsDeclaredAsync(Node));
    }

    [Fact]
    public async Task One_that_never_ran_is_replaced_since_its_node_may_refuse_to_start_it()
    {
        await _cluster.SyncAsync(nodes: Node);
        var stuck = Only.Id;
        Engine.Add(Only with { State = ContainerState.Created });
        var change = Assert.Single(await _cluster.SyncAsync(nodes: Node));
        Assert.Equal(("Replace", "Created", true), (change.Step, change.Reason, change.Ready));
        Assert.NotEqual(stuck, Only.Id);
        Assert.True(await _cluster.IsAsDeclaredAsync(Node));
    }

    [Fact]
    public async Task Its_engine_does_not_start_one_that_is_aside_and_does_again_when_it_is_back()
    {
        var old = await ChangedAsync();
        RestartPolicy? aside = null;
        _cluster.Nodes.Before(Node, FakeStep.Create, async _ => aside = (await Engine.SpecificationAsync(old, default))!.Restart);
        _cluster.IsDeaf = (_, container) => container.Id != old;
        await FailsAsync();
        Assert.Equal(RestartPolicy.No, aside);
        Assert.Equal((old, RestartPolicy.UnlessStopped), (Only.Id, (await Engine.SpecificationAsync(old, default))!.Restart));
    }

    [Fact]
    public async Task Where_the_time_is_up_in_the_midst_the_node_has_its_old_one_and_the_change_says_so()
    {
        var old = await ChangedAsync();
        _cluster.NodeTimeout = TimeSpan.FromMilliseconds(500);
        _cluster.Nodes.Before(Node, FakeStep.Create, token => Task.Delay(Timeout.Infinite, token));
        var change = await FailsAsync();
        Assert.Equal(("NodeTimeout", true, true, false), (change.Failure, change.Ready, change.RolledBack, change.Changed));
        Assert.Equal((old, ContainerState.Running), (Only.Id, Only.State));
    }

    [Fact]
    public async Task Where_the_time_is_up_before_anything_was_taken_the_node_has_what_it_had()
    {
        var old = await ChangedAsync();
        _cluster.NodeTimeout = TimeSpan.FromMilliseconds(500);
        _cluster.Nodes.Before(Node, FakeStep.StartProcess, token => Task.Delay(Timeout.Infinite, token));
        var change = await FailsAsync();
        Assert.Equal(("NodeTimeout", true, false, old), (change.Failure, change.Ready, change.RolledBack, Only.Id));
    }

    [Fact]
    public async Task Where_the_lock_is_lost_in_the_midst_the_old_one_is_put_back()
    {
        var old = await ChangedAsync();
        _cluster.Nodes.Before(Node, FakeStep.Create, token =>
        {
            _cluster.Lock!.End(255);
            return Task.Delay(Timeout.Infinite, token);
        });
        var change = await FailsAsync();
        Assert.Equal(("NodeUnreachable", true, true), (change.Failure, change.Ready, change.RolledBack));
        Assert.Equal((old, ContainerState.Running), (Only.Id, Only.State));
    }

    private async Task<string> ChangedAsync()
    {
        await _cluster.SyncAsync(nodes: Node);
        _cluster.Change();
        return Only.Id;
    }

    private async Task<HpcEnvironmentChange> FailsAsync() =>
        Assert.Single(await _cluster.SyncAsync(nodes: Node), change => change.Failure.Length > 0);
}
