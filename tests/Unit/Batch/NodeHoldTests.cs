using PisaHpc.Batch;

namespace PisaHpc.Unit.Batch;

/// <summary>A node that a batch system gives no new job for a while, by each one's script in a real shell.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class NodeHoldTests
{
    public static TheoryData<Scheduler> Systems => [Scheduler.Slurm, Scheduler.Lsf, Scheduler.HTCondor];

    public static TheoryData<Scheduler, string, string> OfOthers
    {
        get
        {
            var rows = new TheoryData<Scheduler, string, string>();
            foreach (var system in (Scheduler[])[Scheduler.Slurm, Scheduler.Lsf, Scheduler.HTCondor])
            {
                rows.Add(system, "pisahpc: static deb12 m9", "taken pisahpc: static deb12 m9");
                rows.Add(system, "pisahpc: static cs70 m9", "taken pisahpc: static cs70 m9");
                rows.Add(system, "pisahpc: disk-full: 3 jobs", "idle");
                rows.Add(system, "disk", "idle");
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Systems))]
    public async Task Jobs_that_run_are_waited_for_while_it_gets_no_new_one(Scheduler system)
    {
        using var host = new HoldingHost(system);
        host.Jobs = 1;
        using var held = host.Start(wait: 60);
        var said = held.StandardOutput.ReadLineAsync();
        await HoldingHost.UntilAsync(() => host.Closed is not null);
        Assert.False(said.IsCompleted);
        host.Jobs = 0;
        Assert.Equal("idle", await said);
        Assert.Equal((0, null), (HoldingHost.End(held), host.Closed));
    }

    [Theory]
    [MemberData(nameof(OfOthers))]
    public async Task What_another_has_closed_is_left_so(Scheduler system, string why, string said)
    {
        using var host = new HoldingHost(system) { Closed = why };
        host.Set("id", "7");
        using var held = host.Start();
        Assert.Equal(said, await held.StandardOutput.ReadLineAsync());
        Assert.Equal((0, why), (HoldingHost.End(held), host.Closed));
    }

    [Theory]
    [MemberData(nameof(Systems))]
    public async Task What_somebody_else_gives_back_in_the_midst_is_ours_until_its_jobs_have_ended(Scheduler system)
    {
        using var host = new HoldingHost(system) { Closed = "disk", Jobs = 1 };
        host.Set("id", "7");
        using var held = host.Start(wait: 60);
        await Task.Delay(1000);
        Assert.Equal("disk", host.Closed);
        host.Closed = null;
        await HoldingHost.UntilAsync(() => host.Closed == $"{HoldingHost.Reason} m1");
        host.Jobs = 0;
        Assert.Equal("idle", await held.StandardOutput.ReadLineAsync());
        Assert.Equal((0, null), (HoldingHost.End(held), host.Closed));
    }

    [Theory]
    [MemberData(nameof(Systems))]
    public async Task What_a_dead_caller_of_the_same_left_closed_is_taken_over(Scheduler system)
    {
        using var host = new HoldingHost(system) { Closed = $"{HoldingHost.Reason} m0" };
        host.Set("id", "7");
        using var held = host.Start();
        Assert.Equal("idle", await held.StandardOutput.ReadLineAsync());
        Assert.Equal($"{HoldingHost.Reason} m1", host.Closed);
        Assert.Equal((0, null), (HoldingHost.End(held), host.Closed));
    }

    [Theory]
    [InlineData(Scheduler.Slurm, "failed slurm_update error: Invalid user id")]
    [InlineData(Scheduler.Lsf, "failed User permission denied")]
    [InlineData(Scheduler.HTCondor, "failed Attempt to send DRAIN_JOBS to startd <10.0.0.1:9618> failed not authorized")]
    public async Task What_is_refused_is_told_in_its_words(Scheduler system, string said)
    {
        using var host = new HoldingHost(system);
        host.Set("denied", "");
        using var held = host.Start(wait: 60);
        Assert.Equal(said, (await held.StandardOutput.ReadLineAsync())!.TrimEnd());
        Assert.Equal((0, null), (HoldingHost.End(held), host.Closed));
    }

    [Theory]
    [InlineData(Scheduler.Slurm, "squeue", "there is no squeue")]
    [InlineData(Scheduler.Lsf, "badmin", "there is no badmin, and no profile.lsf was found that has")]
    [InlineData(Scheduler.HTCondor, "condor_drain", "there is no condor_drain")]
    public async Task A_program_that_is_missing_is_named(Scheduler system, string program, string error)
    {
        using var host = new HoldingHost(system);
        host.Set(program, null);
        using var held = host.Start();
        Assert.Equal((69, error), (HoldingHost.CodeOf(held), (await held.StandardError.ReadToEndAsync()).TrimEnd()));
    }

    [Theory]
    [MemberData(nameof(Systems))]
    public async Task One_that_nobody_can_be_asked_about_is_not_touched(Scheduler system)
    {
        using var host = new HoldingHost(system);
        host.Set("away", "");
        using var held = host.Start(wait: 60);
        Assert.Equal((69, "nobody answers\n"), (HoldingHost.CodeOf(held), await held.StandardError.ReadToEndAsync()));
    }
}
