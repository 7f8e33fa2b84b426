using PisaHpc.Engines;

namespace PisaHpc.Connections;

/// <summary>A running container that is measured, limited, renamed and started again.</summary>
[Trait("Category", "Connections")]
public class LiveContainerTests(Lab lab) : IClassFixture<Lab>
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task A_sample_tells_what_the_container_uses()
    {
        await using var reach = new Reach(Lab.Access);
        var (engine, id) = await StartAsync(reach, lab.Spec with { MemoryBytes = 64 << 20, Pids = 50, Command = ["/bin/sh", "-c", "echo here; while :; do :; done"] });
        Assert.Equal("here", await FirstLineAsync(engine, id));
        var first = (await engine.MeasureAsync(id, None))!;
        Assert.Equal((64 << 20, 50), (first.MemoryLimitBytes, first.PidsLimit));
        Assert.InRange(first.MemoryBytes!.Value, 1, 64 << 20);
        Assert.InRange(first.WorkingSetBytes!.Value, 1, first.MemoryBytes.Value);
        Assert.Equal(2, first.Pids);
        var next = first;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (next.CpuTime <= first.CpuTime)
        {
            next = (await engine.MeasureAsync(id, limit.Token))!;
        }

        Assert.True(next.Time > first.Time);
    }

    [Fact]
    public async Task What_does_not_run_uses_nothing_and_what_is_not_there_is_told()
    {
        await using var reach = new Reach(Lab.Access);
        var engine = await reach.EngineAsync();
        Assert.Null(await engine.MeasureAsync(await engine.CreateAsync(lab.Spec, None), None));
        Assert.Equal(ErrorId.ContainerNotFound, (await Assert.ThrowsAsync<HpcException>(() => engine.MeasureAsync("nonesuch", None))).Id);
    }

    [Fact]
    public async Task Limits_change_while_it_runs_and_those_that_are_not_named_stay()
    {
        await using var reach = new Reach(Lab.Access);
        var (engine, id) = await StartAsync(reach, lab.Spec with { MemoryBytes = 64 << 20, Pids = 50, Cpus = 1 });
        await engine.UpdateAsync(id, new LimitUpdate { MemoryBytes = 256 << 20, Pids = 70 }, None);
        var spec = (await engine.SpecificationAsync(id, None))!;
        Assert.Equal((256 << 20, 70, 1), (spec.MemoryBytes, spec.Pids, spec.Cpus));
        var use = (await engine.MeasureAsync(id, None))!;
        Assert.Equal((256 << 20, 70), (use.MemoryLimitBytes, use.PidsLimit));
        await engine.UpdateAsync(id, new LimitUpdate { Cpus = 2, Cpuset = "0", Pids = -1 }, None);
        spec = (await engine.SpecificationAsync(id, None))!;
        Assert.Equal((2, "0", null, 256 << 20), (spec.Cpus, spec.Cpuset, spec.Pids, spec.MemoryBytes));
        Assert.Null((await engine.MeasureAsync(id, None))!.PidsLimit);
    }

    [Fact]
    public async Task A_limit_that_the_node_cannot_give_is_refused()
    {
        await using var reach = new Reach(Lab.Access);
        var (engine, id) = await StartAsync(reach, lab.Spec);
        var failure = await Assert.ThrowsAsync<HpcException>(() => engine.UpdateAsync(id, new LimitUpdate { Cpuset = "4000" }, None));
        Assert.Equal(ErrorId.LimitRefused, failure.Id);
    }

    [Fact]
    public async Task A_restart_is_another_main_process_of_the_same_container()
    {
        await using var reach = new Reach(Lab.Access);
        var (engine, id) = await StartAsync(reach, lab.Spec);
        var before = (await engine.FindAsync(id, None))!;
        await engine.RestartAsync(id, TimeSpan.FromSeconds(5), None);
        var after = (await engine.FindAsync(id, None))!;
        Assert.Equal((before.Id, before.Name, ContainerState.Running), (after.Id, after.Name, after.State));
        Assert.True(after.StartedAt > before.StartedAt);
        Assert.Equal(
            ErrorId.ContainerNotFound,
            (await Assert.ThrowsAsync<HpcException>(() => engine.RestartAsync("nonesuch", TimeSpan.Zero, None))).Id);
    }

    [Fact]
    public async Task A_renamed_container_is_found_by_its_new_name_and_a_taken_name_is_a_conflict()
    {
        await using var reach = new Reach(Lab.Access);
        var (engine, id) = await StartAsync(reach, lab.Spec);
        var (old, name) = ((await engine.FindAsync(id, None))!.Name, lab.Spec.Name);
        await engine.RenameAsync(id, name, None);
        Assert.Equal(id, (await engine.FindAsync(name, None))!.Id);
        Assert.Null(await engine.FindAsync(old, None));
        var other = await engine.CreateAsync(lab.Spec, None);
        Assert.Equal(ErrorId.PlanConflict, (await Assert.ThrowsAsync<HpcException>(() => engine.RenameAsync(other, name, None))).Id);
    }

    private static async Task<string> FirstLineAsync(IContainerEngine engine, string id)
    {
        await using var lines = engine.ReadLogAsync(id, null, follow: true, None).GetAsyncEnumerator(None);
        Assert.True(await lines.MoveNextAsync());
        return lines.Current.Text;
    }

    private static async Task<(IContainerEngine Engine, string Id)> StartAsync(Reach reach, ContainerSpec spec)
    {
        var engine = await reach.EngineAsync();
        var id = await engine.CreateAsync(spec, None);
        await engine.StartAsync(id, None);
        return (engine, id);
    }
}
