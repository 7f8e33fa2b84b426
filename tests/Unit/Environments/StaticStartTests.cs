using PisaHpc.Engines;
using PisaHpc.Environments;
using PisaHpc.Unit.Engines;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Environments;

/// <summary>A static environment's container on one node, from what is there to what is declared.</summary>
public sealed class StaticStartTests
{
    private readonly StaticCluster _cluster = new();

    private FakeEngine Engine => _cluster.Engine;

    [Fact]
    public async Task It_is_started_once_and_a_second_start_changes_nothing()
    {
        var started = await _cluster.StartAsync();
        Assert.Equal(("cs7", "pisahpc-static-cs7", true, true, "alice@head1"), (started.Static, started.Name, started.Changed, started.Ready, started.StartedBy));
        var put = Assert.Single(_cluster.Put);
        Assert.Equal("/var/lib/pisahpc/static/cs7", put.Directory);
        Assert.Contains("Port 2201\n", put.Text, StringComparison.Ordinal);

        _cluster.Listening.Add(2201);
        var again = await _cluster.StartAsync();
        Assert.Equal((started.Id, false, true, started.Generation), (again.Id, again.Changed, again.Ready, again.Generation));
        Assert.Single(_cluster.Put);
        Assert.Single(Engine.Created);
    }

    [Fact]
    public async Task One_that_was_stopped_is_started_again_and_stays_the_same_container()
    {
        var started = await _cluster.StartAsync();
        Engine.Exit(started.Id, 0);

        var again = await _cluster.StartAsync();
        Assert.Equal((started.Id, true, true), (again.Id, again.Changed, again.Ready));
        Assert.Equal(ContainerState.Running, Assert.Single(Engine.Containers).State);
    }

    /// <summary>A start that was killed between the two, or that the node refused, leaves one that may never start.</summary>
    [Theory]
    [InlineData(ContainerState.Created)]
    [InlineData(ContainerState.Dead)]
    [InlineData(ContainerState.Removing)]
    public async Task One_that_never_ran_or_is_half_removed_is_replaced_by_a_start_and_by_a_restart(ContainerState state)
    {
        var stuck = await _cluster.StartAsync();
        Engine.Add(Assert.Single(Engine.Containers) with { State = state });
        var started = await _cluster.StartAsync();
        Assert.Equal((true, started.Id), (started.Id != stuck.Id, Assert.Single(Engine.Containers).Id));

        Engine.Add(Assert.Single(Engine.Containers) with { State = state });
        Assert.NotEqual(started.Id, (await _cluster.RestartAsync()).Id);
        Assert.Single(Engine.Containers);
    }

    [Fact]
    public async Task One_that_is_started_again_has_to_be_held_to_its_limits_and_stays_where_it_is_not()
    {
        var cluster = new StaticCluster(StaticCluster.Declared.Replace("openFiles: host", "openFiles: host, memory: 1g", StringComparison.Ordinal))
        {
            KernelMemory = 1L << 30,
        };
        var started = await cluster.StartAsync();
        cluster.KernelMemory = null;
        Assert.Equal(ErrorId.LimitNotInForce, (await Assert.ThrowsAsync<HpcException>(cluster.RestartAsync)).Id);
        cluster.Engine.Exit(started.Id, 0);
        Assert.Equal(ErrorId.LimitNotInForce, (await Assert.ThrowsAsync<HpcException>(cluster.StartAsync)).Id);
        Assert.Equal(started.Id, Assert.Single(cluster.Engine.Containers).Id);
    }

    [Fact]
    public async Task One_that_runs_otherwise_than_declared_is_left_alone_by_a_start_and_replaced_by_a_restart()
    {
        var old = await _cluster.StartAsync();
        _cluster.Site = new StaticCluster(StaticCluster.Declared.Replace("port: 2201", "port: 2201, hostname: x", StringComparison.Ordinal)).Site;

        var failure = await Assert.ThrowsAsync<HpcException>(_cluster.StartAsync);
        Assert.Equal((ErrorId.StaticDiffers, "o2wn01"), (failure.Id, failure.Target));
        Assert.Contains("Restart-HpcContainer -Static cs7 -Node o2wn01", failure.RecommendedAction!, StringComparison.Ordinal);
        Assert.Equal(old.Id, Assert.Single(Engine.Containers).Id);

        var replaced = await _cluster.RestartAsync();
        Assert.Equal((replaced.Id, true), (Assert.Single(Engine.Containers).Id, replaced.Changed));
        Assert.NotEqual((old.Id, old.Generation), (replaced.Id, replaced.Generation));
    }

    [Fact]
    public async Task A_restart_whose_new_container_does_not_become_ready_has_the_old_one_back()
    {
        var old = await _cluster.StartAsync();
        _cluster.Site = new StaticCluster(StaticCluster.Declared.Replace("port: 2201", "port: 2201, hostname: x", StringComparison.Ordinal)).Site;
        _cluster.Nodes.Before("o2wn01", FakeStep.Create, _ =>
        {
            _cluster.IsDeaf = true;
            return Task.CompletedTask;
        });
        var failure = await Assert.ThrowsAsync<HpcException>(_cluster.RestartAsync);
        Assert.Equal(ErrorId.ContainerNotReady, failure.Id);
        Assert.EndsWith("The container that was there before is back.", failure.Message, StringComparison.Ordinal);
        var back = Assert.Single(Engine.Containers);
        Assert.Equal((old.Id, old.Name, ContainerState.Running), (back.Id, back.Name, back.State));
    }

    [Fact]
    public async Task What_an_interruption_takes_back_is_told_in_a_line()
    {
        var plan = await _cluster.PlanOneAsync();
        await InterruptedAsync(StaticChange.ToStart(plan, existing: null));
        Assert.Equal(["Static environment cs7: 1 container was taken back from o2wn01."], _cluster.TakenBack.Lines);
        Assert.Empty(Engine.Containers);
    }

    [Fact]
    public async Task An_interrupted_restart_says_that_the_old_container_is_back()
    {
        var old = await _cluster.StartAsync();
        _cluster.Site = new StaticCluster(StaticCluster.Declared.Replace("port: 2201", "port: 2201, hostname: x", StringComparison.Ordinal)).Site;
        var plan = await _cluster.PlanOneAsync();
        await InterruptedAsync(StaticChange.ToRestart(plan, await _cluster.Starter.FindAsync(plan, default)));
        Assert.Equal(
            ["Static environment cs7: 1 container was taken back from o2wn01; the container of before is back on o2wn01."],
            _cluster.TakenBack.Lines);
        Assert.Equal((old.Id, ContainerState.Running), (Assert.Single(Engine.Containers).Id, Assert.Single(Engine.Containers).State));
    }

    [Fact]
    public async Task A_restart_takes_up_a_replacement_that_was_cut_off_and_leaves_one_container()
    {
        var old = await _cluster.StartAsync();
        await Engine.StopAsync(old.Id, default, default);
        await Engine.RenameAsync(old.Id, "pisahpc-replaced-cs7", default);
        var made = await _cluster.RestartAsync();
        Assert.Equal((made.Id, "pisahpc-static-cs7"), (Assert.Single(Engine.Containers).Id, Assert.Single(Engine.Containers).Name));
    }

    [Fact]
    public async Task While_somebody_else_is_at_it_nothing_is_touched()
    {
        var old = await _cluster.StartAsync();
        _cluster.Holder = "bob@head2";
        var failure = await Assert.ThrowsAsync<HpcException>(_cluster.RestartAsync);
        Assert.Equal((ErrorId.StaticBeingSynced, "o2wn01"), (failure.Id, failure.Target));
        Assert.Contains("bob@head2", failure.Message, StringComparison.Ordinal);
        Assert.Equal(old.Id, Assert.Single(Engine.Containers).Id);
    }

    [Fact]
    public async Task A_restart_of_what_is_as_declared_keeps_the_container()
    {
        var started = await _cluster.StartAsync();
        var restarted = await _cluster.RestartAsync();
        Assert.Equal((started.Id, true, "Running"), (restarted.Id, restarted.Changed, restarted.State));
        Assert.Single(Engine.Created);
    }

    [Fact]
    public async Task A_stranger_of_its_name_is_never_touched()
    {
        Engine.Add(Stranger());
        Assert.Equal(ErrorId.StaticDiffers, (await Assert.ThrowsAsync<HpcException>(_cluster.StartAsync)).Id);
        Assert.Equal(ErrorId.StaticDiffers, (await Assert.ThrowsAsync<HpcException>(_cluster.RestartAsync)).Id);
        Assert.Equal("stranger", Assert.Single(Engine.Containers).Id);
    }

    [Fact]
    public async Task What_a_stranger_is_the_engine_itself_says_as_the_module_shows_its_own_alone()
    {
        Engine.Add(Stranger());
        var plan = await _cluster.PlanOneAsync();
        var failure = Assert.Throws<HpcException>(() => StaticChange.ToStart(plan, Stranger()));
        Assert.EndsWith("remove it: ssh o2wn01 docker inspect pisahpc-static-cs7.", failure.RecommendedAction, StringComparison.Ordinal);
        failure = Assert.Throws<HpcException>(() => StaticChange.ToRestart(plan, Stranger(), new AnotherEngine().Terms));
        Assert.EndsWith("remove it: ssh o2wn01 barge show pisahpc-static-cs7.", failure.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_is_paused_goes_on()
    {
        var paused = await _cluster.StartAsync();
        Engine.Pause(paused.Id);
        var again = await _cluster.StartAsync();
        Assert.Equal((paused.Id, true, true), (again.Id, again.Changed, again.Ready));
        Assert.Equal(ContainerState.Running, Assert.Single(Engine.Containers).State);
    }

    /// <summary>Two that start at once: the engine refuses the second, whose taking back leaves the first alone.</summary>
    [Fact]
    public async Task A_start_that_came_second_takes_back_nothing_of_the_first()
    {
        _cluster.Nodes.Before("o2wn01", FakeStep.Create, _ =>
        {
            Engine.Add(Stranger());
            return Task.CompletedTask;
        });

        Assert.Equal(ErrorId.PlanConflict, (await Assert.ThrowsAsync<HpcException>(_cluster.StartAsync)).Id);
        Assert.Equal("stranger", Assert.Single(Engine.Containers).Id);
    }

    /// <summary>Two starts of one plan at once: what the second takes back is its own, and it has made nothing.</summary>
    [Fact]
    public async Task A_plan_that_is_carried_out_twice_at_once_leaves_the_first_one_s_container()
    {
        var plan = await _cluster.PlanOneAsync();
        _cluster.Nodes.Before("o2wn01", FakeStep.Create, async _ =>
        {
            _cluster.Nodes.Before("o2wn01", FakeStep.Create, _ => Task.CompletedTask);
            await _cluster.CarryOutAsync(StaticChange.ToStart(plan, existing: null));
        });

        var failure = await Assert.ThrowsAsync<HpcException>(() => _cluster.CarryOutAsync(StaticChange.ToStart(plan, existing: null)));
        Assert.Equal(ErrorId.PlanConflict, failure.Id);
        Assert.Equal(ContainerState.Running, Assert.Single(Engine.Containers).State);
    }

    [Fact]
    public async Task The_port_is_looked_at_when_a_plan_is_carried_out_and_not_when_it_was_made()
    {
        _cluster.Listening.Add(2201);
        var early = await _cluster.PlanOneAsync();
        _cluster.Listening.Clear();
        var change = StaticChange.ToStart(await _cluster.PlanOneAsync(), existing: null);
        await _cluster.Starter.RefuseTakenPortAsync(change, default);

        _cluster.Listening.Add(2201);
        Assert.Equal(ErrorId.PortInUse, (await Assert.ThrowsAsync<HpcException>(() => _cluster.CarryOutAsync(change))).Id);
        Assert.Equal(
            ErrorId.PortInUse, (await Assert.ThrowsAsync<HpcException>(() => _cluster.Starter.RefuseTakenPortAsync(change, default))).Id);
        Assert.Empty(Engine.Created);

        _cluster.Listening.Clear();
        Assert.True((await _cluster.CarryOutAsync(StaticChange.ToStart(early, existing: null))).Changed);
    }

    /// <summary>One that runs on its old port has nothing to do with who listens on the new one.</summary>
    [Fact]
    public async Task A_port_that_is_declared_anew_is_looked_at_before_the_old_container_gives_way()
    {
        var old = await _cluster.StartAsync();
        _cluster.Site = new StaticCluster(StaticCluster.Declared.Replace("2201", "2202", StringComparison.Ordinal)).Site;
        _cluster.Listening.Add(2202);
        Assert.Equal(ErrorId.PortInUse, (await Assert.ThrowsAsync<HpcException>(_cluster.RestartAsync)).Id);
        Assert.Equal(old.Id, Assert.Single(Engine.Containers).Id);
    }

    [Fact]
    public async Task One_that_does_not_become_ready_is_taken_back()
    {
        _cluster.IsDeaf = true;
        var failure = await Assert.ThrowsAsync<HpcException>(_cluster.StartAsync);
        Assert.Equal(ErrorId.ContainerNotReady, failure.Id);
        Assert.Contains("Connection refused", failure.Message, StringComparison.Ordinal);
        Assert.Empty(Engine.Containers);
    }

    [Fact]
    public async Task A_port_with_another_listener_is_refused_before_anything_is_made()
    {
        _cluster.Listening.Add(2201);
        var failure = await Assert.ThrowsAsync<HpcException>(_cluster.StartAsync);
        Assert.Equal((ErrorId.PortInUse, "o2wn01"), (failure.Id, failure.Target));
        Assert.Empty(_cluster.Put);
        Assert.Empty(Engine.Created);
    }

    private Task InterruptedAsync(StaticChange change) => Assert.ThrowsAnyAsync<OperationCanceledException>(() => _cluster.Starter.CarryOutAsync(
        change, _ => Task.FromCanceled(new CancellationToken(canceled: true)), default));

    private static EngineContainer Stranger() => new()
    {
        Id = "stranger",
        Name = "pisahpc-static-cs7",
        Image = "x/y:1",
        State = ContainerState.Running,
        CreatedAt = DateTimeOffset.UnixEpoch,
        Labels = new Dictionary<string, string>(),
    };
}
