using PisaHpc.Engines;
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
