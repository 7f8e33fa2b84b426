using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Environments;
using PisaHpc.Nodes;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Environments;

/// <summary>The end of a static environment's container on a node, by the right that a start and a sync take, too.</summary>
public sealed class StaticStopTests
{
    private readonly StaticCluster _cluster = new();

    [Fact]
    public async Task It_is_stopped_by_the_lock_of_its_directory_and_one_that_is_gone_is_a_success()
    {
        var started = await _cluster.StartAsync();
        var locks = new List<IReadOnlyList<string>>();
        _cluster.Nodes.OnStart = (_, arguments) =>
        {
            locks.Add(arguments);
            return HeldProcess.Saying("held");
        };
        var stopped = await Stopper.StopAsync(started, default);
        Assert.Equal((nameof(ContainerState.Exited), true, started.Id), (stopped.State, stopped.Changed, stopped.Id));
        Assert.Empty(_cluster.Engine.Containers);
        Assert.Equal(
            ["Environments/hold-sync.sh", "/var/lib/pisahpc/static/cs7", "bob@head2", HeldCommand.Silence],
            Assert.Single(locks).Skip(3));
        Assert.False((await Stopper.StopAsync(started, default)).Changed);
    }

    [Fact]
    public async Task While_somebody_else_is_at_it_nothing_is_stopped_and_the_caller_is_told_who()
    {
        var started = await _cluster.StartAsync();
        _cluster.Holder = "alice@head1";
        var failure = await Assert.ThrowsAsync<HpcException>(() => Stopper.StopAsync(started, default));
        Assert.Equal((ErrorId.StaticBeingSynced, "o2wn01"), (failure.Id, failure.Target));
        Assert.Equal("Static environment cs7 on o2wn01 is being changed by alice@head1.", failure.Message);
        Assert.Equal(ContainerState.Running, Assert.Single(_cluster.Engine.Containers).State);
    }

    [Fact]
    public async Task One_that_another_has_replaced_since_it_was_looked_at_is_told_and_the_new_one_stays()
    {
        var looked = await _cluster.StartAsync();
        await _cluster.Engine.RemoveAsync(looked.Id, default);
        var now = await _cluster.StartAsync();
        var failure = await Assert.ThrowsAsync<HpcException>(() => Stopper.StopAsync(looked, default));
        Assert.Equal(ErrorId.StaticBeingSynced, failure.Id);
        Assert.Equal(now.Id, Assert.Single(_cluster.Engine.Containers).Id);
    }

    /// <summary>As a replacement leaves a node that was killed: the one that stands and the one that was set aside.</summary>
    [Fact]
    public async Task Two_of_one_static_environment_on_a_node_are_stopped_one_after_the_other()
    {
        var named = await _cluster.StartAsync();
        var aside = named with { Id = "aside", Name = ContainerNames.OfReplaced(WorkloadId.StaticEnvironment("cs7")) };
        _cluster.Engine.Add(Assert.Single(_cluster.Engine.Containers) with { Id = aside.Id, Name = aside.Name });
        HeldProcess? held = null;
        _cluster.Nodes.OnStart = (_, _) =>
            held is { } first && !first.WaitAsync(default).IsCompleted ? HeldProcess.Ended(75, "bob@head2") : held = HeldProcess.Saying("held");
        var ends = new TaskCompletionSource();
        _cluster.Nodes.HoldOn("o2wn01", FakeStep.Stop, ends.Task);
        var stopper = Stopper;
        var both = Task.WhenAll(stopper.StopAsync(named, default), stopper.StopAsync(aside, default));
        ends.SetResult();
        Assert.All(await both, stopped => Assert.True(stopped.Changed));
        Assert.Empty(_cluster.Engine.Containers);
    }

    private StaticStopper Stopper =>
        new(_cluster.Nodes.Cluster with { Failed = _cluster.Failures.Add }, "bob@head2") { Grace = TimeSpan.Zero };
}
