using PisaHpc.Batch;

namespace PisaHpc.Unit.Batch.HTCondor;

/// <summary>What a machine that gets no job for a while is to HTCondor alone: a drain may end jobs, and others' drains end by themselves.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class HTCondorHoldTests : IDisposable
{
    private readonly HoldingHost _condor = new(Scheduler.HTCondor);

    public void Dispose() => _condor.Dispose();

    [Fact]
    public async Task It_is_drained_only_where_each_job_has_more_retirement_time_than_is_waited()
    {
        _condor.Jobs = 1;
        using var held = _condor.Start(wait: 600);
        await HoldingHost.UntilAsync(() => _condor.Closed is not null);
        Assert.Matches(
            """
            ^State =!= "Claimed" \|\| \(\(Activity =\?= "Idle" \? MaxJobRetirementTime : RetirementTimeRemaining\) - MachineMaxVacateTime > 7[12]\d\) =\?= true\n$
            """,
            _condor.Get("check"));
        Assert.Equal(0, HoldingHost.End(held));
    }

    [Fact]
    public async Task One_with_a_job_that_a_drain_would_end_is_drained_when_it_has_none()
    {
        _condor.Jobs = 1;
        _condor.Set("short", "");
        using (var busy = _condor.Start())
        {
            Assert.Equal("busy a drain would end them: MAXJOBRETIREMENTTIME is less than the wait", await busy.StandardOutput.ReadLineAsync());
            Assert.Equal((0, null), (HoldingHost.End(busy), _condor.Closed));
        }

        using var held = _condor.Start(wait: 60);
        var said = held.StandardOutput.ReadLineAsync();
        await Task.Delay(1500);
        Assert.Null(_condor.Closed);
        _condor.Jobs = 0;
        Assert.Equal("idle", await said);
        Assert.Equal(($"{HoldingHost.Reason} m1", 0), (_condor.Closed, HoldingHost.End(held)));
    }

    [Fact]
    public async Task A_caller_who_is_gone_while_it_cannot_be_drained_leaves_nobody_who_does_so_later()
    {
        _condor.Jobs = 1;
        _condor.Set("short", "");
        using var held = _condor.Start(wait: 600);
        await HoldingHost.UntilAsync(() => _condor.Has("check"));
        held.Kill();
        await held.WaitForExitAsync();
        _condor.Set("check", null);
        _condor.Jobs = 0;

        // Its output is open for as long as a child of it looks.
        Assert.DoesNotContain("idle", await held.StandardOutput.ReadToEndAsync(), StringComparison.Ordinal);
        Assert.Null(_condor.Closed);
    }

    [Fact]
    public async Task A_drain_that_began_later_has_another_id_and_stays()
    {
        using var held = _condor.Start();
        Assert.Equal("idle", await held.StandardOutput.ReadLineAsync());
        _condor.Set("id", "2");
        _condor.Closed = "disk";
        Assert.Equal((0, "disk"), (HoldingHost.End(held), _condor.Closed));
    }

    /// <summary>condor_drain -reason is as old as HTCondor 8.9.12, and so is DrainReason.</summary>
    [Fact]
    public async Task A_startd_that_shows_no_reason_is_not_left_drained()
    {
        _condor.Set("old", "");
        using var held = _condor.Start(wait: 60);
        Assert.StartsWith("failed its startd does not show why it drains", await held.StandardOutput.ReadLineAsync(), StringComparison.Ordinal);
        Assert.Equal((0, null), (HoldingHost.End(held), _condor.Closed));
    }
}
