using PisaHpc.Batch;
using PisaHpc.Engines;

namespace PisaHpc.Unit.Jobs.Orphans;

/// <summary>What is left on a node that was booted, by what the node itself says.</summary>
public sealed class EarlierBootTests : IDisposable
{
    private readonly OrphanCluster _cluster = new();

    public void Dispose() => _cluster.Dispose();

    [Fact]
    public async Task Containers_of_the_boot_before_go_from_this_node_alone_and_the_lease_stays()
    {
        await StartAndPowerOffAsync();
        var findings = await _cluster.FindOfEarlierBootAsync("o2wn01");
        var orphan = Assert.Single(findings.Orphans).Orphan;
        Assert.Equal(("42", "EarlierBoot", 0), (orphan.JobId, orphan.Reason, orphan.Port));
        Assert.Equal("o2wn01", Assert.Single(orphan.Nodes).Name);
        Assert.Equal(0, _cluster.Questions);

        var removed = Assert.Single(await _cluster.RemoveAsync(findings))!;
        Assert.Equal(("Removed", true), (removed.State, removed.Changed));
        Assert.Empty(_cluster.Jobs.Nodes.EngineOf("o2wn01").Containers);
        Assert.Single(_cluster.Jobs.Nodes.EngineOf("o2wn02").Containers);
        Assert.NotNull(_cluster.Jobs.Ports.Area.Find("42"));
        Assert.Empty((await _cluster.FindOfEarlierBootAsync("o2wn01")).Orphans);
    }

    [Fact]
    public async Task What_was_made_in_this_boot_stays()
    {
        await StartAndPowerOffAsync(boot: "first");
        await LeftAsync("has a container of this boot, or of one that is not known");
    }

    [Fact]
    public async Task What_an_earlier_version_made_says_no_boot_and_stays()
    {
        await StartAndPowerOffAsync();
        var engine = _cluster.Jobs.Nodes.EngineOf("o2wn01");
        var made = engine.Containers[0];
        engine.Add(made with { Labels = made.Labels.Where(label => label.Key != "pisahpc.boot").ToDictionary() });
        await LeftAsync("has a container of this boot, or of one that is not known");
    }

    [Fact]
    public async Task A_container_that_runs_stays_whoever_started_it()
    {
        await StartAndPowerOffAsync();
        var engine = _cluster.Jobs.Nodes.EngineOf("o2wn01");
        engine.Add(engine.Containers[0] with { State = ContainerState.Running });
        await LeftAsync("has a container that runs");
    }

    [Fact]
    public async Task A_job_that_the_batch_system_runs_here_stays()
    {
        await StartAndPowerOffAsync();
        _cluster.Jobs.Running.Add("42@o2wn01");
        await LeftAsync("runs here");
    }

    [Fact]
    public async Task A_job_that_has_keys_here_was_set_up_in_this_boot_and_stays()
    {
        await StartAndPowerOffAsync();
        _cluster.Jobs.AddDirectory("o2wn01", "42");
        await LeftAsync("has keys of this boot");
    }

    [Fact]
    public async Task A_job_that_somebody_starts_by_now_stays()
    {
        await StartAndPowerOffAsync();
        var findings = await _cluster.FindOfEarlierBootAsync("o2wn01");
        using var hold = _cluster.Jobs.Ports.Area.Hold("42", TimeSpan.Zero, CancellationToken.None);
        Assert.Null(Assert.Single(await _cluster.RemoveAsync(findings)));
        Assert.Equal(0, _cluster.Changes);
    }

    [Fact]
    public async Task A_job_of_no_batch_system_stays()
    {
        await StartAndPowerOffAsync("mine", Scheduler.Manual);
        await LeftAsync("is no job of Slurm");
    }

    private async Task LeftAsync(string why)
    {
        var findings = await _cluster.FindOfEarlierBootAsync("o2wn01");
        Assert.Empty(findings.Orphans);
        Assert.Equal(why, Assert.Single(findings.Left).Why);
    }

    /// <summary>A job starts, and its first node loses its power: containers have ended, and what was in memory is gone.</summary>
    private async Task StartAndPowerOffAsync(string jobId = "42", Scheduler system = Scheduler.Slurm, string boot = "second")
    {
        await _cluster.StartAsync(jobId, system);
        var engine = _cluster.Jobs.Nodes.EngineOf("o2wn01");
        engine.Exit(engine.Containers[0].Id, 137);
        _cluster.Jobs.RemoveDirectory("o2wn01", jobId);
        _cluster.Jobs.Boot = boot;
    }
}
