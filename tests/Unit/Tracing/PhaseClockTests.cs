using System.Diagnostics;
using PisaHpc.Tracing;

namespace PisaHpc.Unit.Tracing;

public sealed class PhaseClockTests
{
    private readonly PhaseClock _clock = new();

    [Fact]
    public async Task Work_that_it_runs_is_an_activity_of_the_phase_and_measured()
    {
        Activity? seen = null;
        using var run = new TracedRun("a test", _ => { });
        await run.RunAsync(() => _clock.RunAsync(Phase.WriteAccess, () => Task.FromResult(seen = Activity.Current), "n1", "42"));
        Assert.Equal(
            ("WriteAccess", "n1", "42"),
            (seen!.OperationName, seen.GetTagItem(Phases.NodeTag), seen.GetTagItem(Phases.JobTag)));
        var time = Assert.Single(_clock.Times);
        Assert.Equal(("WriteAccess", "n1"), (time.Phase, time.Node));
    }

    [Fact]
    public async Task What_fails_is_measured_too()
    {
        await Assert.ThrowsAsync<IOException>(() => _clock.RunAsync(Phase.TakeBack, () => Task.FromException(new IOException("why"))));
        Assert.Equal(("TakeBack", null), (Assert.Single(_clock.Times).Phase, _clock.Times[0].Node));
    }
}
