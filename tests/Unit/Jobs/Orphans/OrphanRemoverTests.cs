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
    public async Task One_without_a_lease_cannot_be_started_while_it_goes_and_leaves_no_lease()
    {
        await _cluster.StartAsync();
        _cluster.Jobs.Ports.Area.Release("42");
        var findings = await _cluster.FindAsync();
        ErrorId? start = null;
        _cluster.Jobs.Nodes.Before("o2wn01", FakeStep.Remove, _ =>
        {
            start = Assert.Throws<HpcException>(() => _cluster.Jobs.Ports.Area.Hold("42", TimeSpan.Zero, CancellationToken.None)).Id;
            return Task.CompletedTask;
        });
        Assert.Equal("Removed", Assert.Single(await _cluster.RemoveAsync(findings))!.State);
        Assert.Equal(ErrorId.JobBeingStarted, start);
        Assert.Empty(_cluster.Leftovers());
    }

    [Theory]
    [InlineData("42")]
    [InlineData("43")]
    public async Task One_that_was_requeued_and_runs_by_now_is_left_though_its_lease_is_the_same(string runsAs)
    {
        await _cluster.StartAsync();
        _cluster.Known["42"] = OrphanCluster.EndedSince(3600) with { RunsAs = ["42", "43"] };
        var findings = await _cluster.FindAsync();
        _cluster.Jobs.Running.Add($"{runsAs}@o2wn02");
        Assert.Null(Assert.Single(await _cluster.RemoveAsync(findings)));
        Assert.Equal(0, _cluster.Changes);
    }

    [Fact]
    public async Task One_that_has_another_container_by_now_is_left_whole()
    {
        await _cluster.StartAsync();
        var findings = await _cluster.FindAsync();
        var engine = _cluster.Jobs.Nodes.EngineOf("o2wn02");
        engine.Add(engine.Containers[0] with { Id = "new", Name = "new" });
        Assert.Null(Assert.Single(await _cluster.RemoveAsync(findings)));
        Assert.Equal(0, _cluster.Changes);
    }

    [Fact]
    public async Task What_hooks_have_written_down_of_it_goes_and_nothing_of_others()
    {
        await _cluster.StartAsync();
        string[] ofOthers = ["o2wn01:.slurm/43.0=3", "o2wn01:.slurm/142.0=4", "o2wn01:.lsf/42.0=5"];
        _cluster.Jobs.HookRecords.UnionWith([.. ofOthers, "o2wn01:.slurm/42.0=1", "o2wn01:.slurm/42.1=2", "o2wn02:.slurm/42.0=6"]);
        Assert.Equal("Removed", Assert.Single(await _cluster.RemoveAsync(await _cluster.FindAsync()))!.State);
        Assert.Equal(ofOthers, _cluster.Jobs.HookRecords.OrderBy(record => record[^1]));
    }

    [Fact]
    public async Task What_was_written_down_anew_since_it_was_judged_stays_and_so_does_all_where_it_cannot_be_cleaned()
    {
        await _cluster.StartAsync();
        _cluster.Jobs.HookRecords.UnionWith(["o2wn01:.slurm/42.0=1", "o2wn02:.slurm/42.0=2"]);
        var findings = await _cluster.FindAsync();
        _cluster.Jobs.HookRecords.Remove("o2wn01:.slurm/42.0=1");
        _cluster.Jobs.HookRecords.Add("o2wn01:.slurm/42.0=9");
        _cluster.Jobs.Nodes.FailOn("o2wn02", FakeStep.Remove, new HpcException(ErrorId.EngineTimeout, "it hangs", "o2wn02"));
        Assert.Equal("Leftover", Assert.Single(await _cluster.RemoveAsync(findings))!.State);
        Assert.Equal(["o2wn01:.slurm/42.0=9", "o2wn02:.slurm/42.0=2"], _cluster.Jobs.HookRecords.Order());
    }

    [Fact]
    public async Task A_container_that_comes_while_the_others_go_stays()
    {
        await _cluster.StartAsync("42", nodes: "o2wn01");
        var findings = await _cluster.FindAsync();
        var engine = _cluster.Jobs.Nodes.EngineOf("o2wn01");
        var made = engine.Containers[0] with { Id = "new", Name = "new" };
        _cluster.Jobs.Nodes.Before("o2wn01", FakeStep.Remove, _ =>
        {
            engine.Add(made);
            return Task.CompletedTask;
        });
        await _cluster.RemoveAsync(findings);
        Assert.Equal("new", Assert.Single(engine.Containers).Id);
    }

    [Fact]
    public async Task Keys_that_were_written_since_stay_and_the_next_time_judges_them()
    {
        await _cluster.StartAsync("42", nodes: "o2wn01");
        var findings = await _cluster.FindAsync();
        _cluster.Jobs.AddDirectory("o2wn01", "42");
        Assert.Equal("Leftover", Assert.Single(await _cluster.RemoveAsync(findings))!.State);
        Assert.Contains("directory o2wn01:/run/pisahpc/42", _cluster.Leftovers());
        Assert.NotNull(_cluster.Jobs.Ports.Area.Find("42"));
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

    [Theory]
    [InlineData(FakeStep.Connect)]
    [InlineData(FakeStep.ConnectEngine)]
    [InlineData(FakeStep.List)]
    [InlineData(FakeStep.Remove)]
    [InlineData(FakeStep.Run)]
    public async Task Interrupted_at_any_point_the_next_time_finishes(FakeStep step)
    {
        await _cluster.StartAsync();
        var findings = await _cluster.FindAsync();
        using var stop = new CancellationTokenSource();
        _cluster.Jobs.Nodes.Before("o2wn01", step, async token =>
        {
            await stop.CancelAsync();
            token.ThrowIfCancellationRequested();
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _cluster.Remover.RemoveAsync(findings.Orphans[0], stop.Token));
        Assert.NotEmpty(_cluster.Leftovers());
        _cluster.Jobs.Nodes.Before("o2wn01", step, _ => Task.CompletedTask);
        await _cluster.RemoveAsync(await _cluster.FindAsync());
        Assert.Empty(_cluster.Leftovers());
    }
}
