using PisaHpc.Jobs.Orphans;
using PisaHpc.Unit.Nodes;
using PisaHpc.Unit.Ports;

namespace PisaHpc.Unit.Jobs.Orphans;

/// <summary>Orphans go as any job that is stopped; what has become no orphan meanwhile does not.</summary>
public sealed class OrphanRemoverTests : IDisposable
{
    private readonly OrphanCluster _cluster = new();

    public void Dispose() => _cluster.Dispose();

    [Fact]
    public async Task All_of_it_goes_with_its_lease_and_a_second_time_there_is_nothing()
    {
        await _cluster.StartAsync();
        var removed = Assert.Single(await _cluster.RemoveAsync(await _cluster.FindAsync()))!;
        Assert.Equal(("Removed", true), (removed.State, removed.Changed));
        Assert.Empty(_cluster.Leftovers());
        Assert.Empty((await _cluster.FindAsync()).Orphans);
    }

    [Fact]
    public async Task What_was_predicted_is_what_becomes_of_it()
    {
        await _cluster.StartAsync();
        var findings = await _cluster.FindAsync();
        var predicted = OrphanRemover.Predict(findings.Orphans[0]);
        Assert.Equal(0, _cluster.Changes);
        Assert.Equal(predicted, Assert.Single(await _cluster.RemoveAsync(findings)));
    }

    [Fact]
    public async Task What_another_sweep_took_is_success_and_changes_nothing()
    {
        await _cluster.StartAsync();
        var (mine, others) = (await _cluster.FindAsync(), await _cluster.FindAsync());
        await _cluster.RemoveAsync(others);
        Assert.All(await _cluster.RemoveAsync(mine), removed => Assert.True(removed is null or { State: "Removed", Changed: false }));
        Assert.Empty(_cluster.Leftovers());
    }

    [Fact]
    public async Task A_job_that_lives_beside_it_keeps_all_it_has()
    {
        await _cluster.StartAsync("42");
        await _cluster.StartAsync("43");
        _cluster.Known["43"] = OrphanCluster.Lives();
        var before = _cluster.Leftovers().Count;
        await _cluster.RemoveAsync(await _cluster.FindAsync());
        Assert.Equal(before / 2, _cluster.Leftovers().Count);
        Assert.NotNull(_cluster.Jobs.Ports.Area.Find("43"));
        Assert.All(_cluster.Jobs.Nodes.EngineOf("o2wn01").Containers, container => Assert.Equal("43", container.Labels["pisahpc.job"]));
    }

    [Fact]
    public async Task A_job_that_somebody_starts_by_now_is_left()
    {
        await _cluster.StartAsync();
        var findings = await _cluster.FindAsync();
        using var hold = _cluster.Jobs.Ports.Area.Hold("42", TimeSpan.Zero, CancellationToken.None);
        Assert.Null(Assert.Single(await _cluster.RemoveAsync(findings)));
        Assert.Equal(0, _cluster.Changes);
    }

    [Fact]
    public async Task A_job_that_was_started_again_since_it_was_judged_is_left()
    {
        await _cluster.StartAsync();
        var findings = await _cluster.FindAsync();
        await _cluster.StartAsync("42", nodes: "o2wn03");
        var before = _cluster.Leftovers();
        Assert.Null(Assert.Single(await _cluster.RemoveAsync(findings)));
        Assert.Equal(before, _cluster.Leftovers());
    }

    [Fact]
    public async Task One_that_had_no_lease_and_has_one_by_now_is_left()
    {
        await _cluster.StartAsync();
        _cluster.Jobs.Ports.Area.Release("42");
        var findings = await _cluster.FindAsync();
        _cluster.Jobs.Ports.Area.Lease(TestArea.Request("42"));
        Assert.Null(Assert.Single(await _cluster.RemoveAsync(findings)));
        Assert.Equal(0, _cluster.Changes);
    }

    [Fact]
    public async Task One_without_a_lease_that_is_started_while_its_nodes_are_cleaned_keeps_what_it_has_there()
    {
        await _cluster.StartAsync();
        _cluster.Jobs.Ports.Area.Release("42");
        var findings = await _cluster.FindAsync();
        _cluster.Jobs.Nodes.Before("o2wn01", FakeStep.Remove, stopping =>
        {
            _cluster.Jobs.Ports.Area.Lease(TestArea.Request("42"), stopping);
            return Task.CompletedTask;
        });
        var one = findings.Orphans[0] with { };
        var remover = new OrphanRemover(
            _cluster.Jobs.Nodes.Cluster with { Failed = failure => _cluster.Failed.Add(failure.Node), Throttle = 1 },
            _cluster.Jobs.Ports.Area,
            TimeSpan.Zero);
        Assert.Equal("Leftover", (await remover.RemoveAsync(one, CancellationToken.None))!.State);
        Assert.Equal(["o2wn02"], _cluster.Failed);
        Assert.Single(_cluster.Jobs.Nodes.EngineOf("o2wn02").Containers);
    }

    [Fact]
    public async Task Of_a_job_that_runs_elsewhere_only_the_other_nodes_part_goes()
    {
        await _cluster.StartAsync();
        await _cluster.StartAsync("42", nodes: "o2wn03");
        _cluster.Known["42"] = OrphanCluster.Lives("RUNNING", "o2wn03");
        var removed = Assert.Single(await _cluster.RemoveAsync(await _cluster.FindAsync()))!;
        Assert.Equal(("Removed", true), (removed.State, removed.Changed));
        Assert.Single(_cluster.Jobs.Nodes.EngineOf("o2wn03").Containers);
        Assert.Empty(_cluster.Jobs.Nodes.EngineOf("o2wn01").Containers);
        Assert.NotNull(_cluster.Jobs.Ports.Area.Find("42"));
        Assert.Contains("directory o2wn03:/run/pisahpc/42", _cluster.Leftovers());
        Assert.Empty((await _cluster.FindAsync()).Orphans);
    }

    [Fact]
    public async Task A_node_that_cannot_be_cleaned_keeps_the_lease_and_the_next_time_finishes()
    {
        await _cluster.StartAsync();
        _cluster.Jobs.Nodes.FailOn("o2wn02", FakeStep.Remove, new HpcException(ErrorId.EngineTimeout, "it hangs", "o2wn02"));
        Assert.Equal("Leftover", Assert.Single(await _cluster.RemoveAsync(await _cluster.FindAsync()))!.State);
        Assert.Equal(["o2wn02"], _cluster.Failed);
        Assert.NotNull(_cluster.Jobs.Ports.Area.Find("42"));

        _cluster.Jobs.Nodes.Before("o2wn02", FakeStep.Remove, _ => Task.CompletedTask);
        Assert.Equal("Removed", Assert.Single(await _cluster.RemoveAsync(await _cluster.FindAsync()))!.State);
        Assert.Empty(_cluster.Leftovers());
    }

    [Fact]
    public async Task Killed_at_any_point_the_next_time_finishes()
    {
        await _cluster.StartAsync();
        var findings = await _cluster.FindAsync();
        _cluster.Jobs.Nodes.Before("o2wn01", FakeStep.Remove, _ => throw new OperationCanceledException("killed"));
        await _cluster.RemoveAsync(findings);
        Assert.NotEmpty(_cluster.Leftovers());
        _cluster.Jobs.Nodes.Before("o2wn01", FakeStep.Remove, _ => Task.CompletedTask);
        await _cluster.RemoveAsync(await _cluster.FindAsync());
        Assert.Empty(_cluster.Leftovers());
    }
}
