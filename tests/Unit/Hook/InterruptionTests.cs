using PisaHpc.Hook;

namespace PisaHpc.Unit.Hook;

public sealed class InterruptionTests
{
    private static readonly InterruptionCause Term = new("SIGTERM", 143);
    private readonly List<string> _said = [];

    [Fact]
    public void The_first_cause_ends_the_work_and_is_what_the_hook_ends_with()
    {
        using var interruption = new Interruption(deadline: null, _said.Add, LastWords.OfJob);
        Assert.Null(interruption.Cause);
        interruption.Stop(Term);
        Assert.True(interruption.Token.WaitHandle.WaitOne(TimeSpan.FromSeconds(30)));
        Assert.Empty(_said);

        interruption.Stop(new InterruptionCause("SIGINT", 130));
        Assert.Equal(Term, interruption.Cause);
        Assert.Equal(["still at it after SIGTERM: ends in 20 s in any case"], _said);
    }

    [Fact]
    public void A_deadline_is_one_too_and_the_job_may_be_tried_again()
    {
        using var interruption = new Interruption(TimeSpan.FromMilliseconds(1), _said.Add, LastWords.OfJob);
        Assert.True(interruption.Token.WaitHandle.WaitOne(TimeSpan.FromSeconds(30)));
        Assert.Equal(HookExit.MayPass, interruption.Cause!.ExitCode);
    }

    [Fact]
    public void What_comes_when_the_work_is_over_changes_nothing()
    {
        var interruption = new Interruption(deadline: null, _said.Add, LastWords.OfJob);
        interruption.Dispose();
        interruption.Stop(Term);
        Assert.Null(interruption.Cause);
        Assert.False(interruption.Token.IsCancellationRequested);
    }

    [Fact]
    public void A_sweep_that_gives_up_leaves_its_work_to_the_next_and_no_job_to_stop() =>
        Assert.Equal(("gave up: the next sweep goes on", HookExit.MayPass), (LastWords.OfSweep.Words, LastWords.OfSweep.ExitCode));
}
