using System.Diagnostics;
using PisaHpc.Tracing;

namespace PisaHpc.Unit.Tracing;

public sealed class PhasesTests
{
    private readonly List<PhaseReport> _told = [];

    [Fact]
    public async Task Work_that_nobody_follows_is_no_activity()
    {
        Activity? seen = new("not asked");

        await Phase.LeasePort.RunAsync(() => Task.FromResult(seen = Activity.Current), "n1");

        Assert.Null(seen);
    }

    [Fact]
    public async Task A_phase_begins_and_ends_and_the_result_is_the_work_s()
    {
        var result = 0;

        await FollowAsync(async () => result = await Phase.PullImage.RunAsync(() => Task.FromResult(42), "n1", "4711", "of x:1"));

        Assert.Equal(42, result);
        Assert.Equal([new PhaseReport(Phase.PullImage, "n1", "4711", "of x:1"), _told[0] with { End = _told[1].End }], _told);
        Assert.Equal((PhaseOutcome.Ok, null, null), (_told[1].End!.Outcome, _told[1].End!.ErrorId, _told[1].End!.Message));
    }

    [Fact]
    public async Task A_failure_is_the_phase_s_with_its_id_and_its_words()
    {
        await Assert.ThrowsAsync<HpcException>(() => FollowAsync(
            () => Phase.PullImage.RunAsync(() => throw new HpcException(ErrorId.DiskFull, "no space", "n1"), "n1")));

        Assert.Equal((PhaseOutcome.Error, "DiskFull", "no space"), EndOf(Phase.PullImage));
    }

    [Fact]
    public async Task A_failure_that_nobody_knows_has_its_type_for_an_id()
    {
        await Assert.ThrowsAsync<IOException>(() => FollowAsync(() => Phase.PullImage.RunAsync(() => throw new IOException("why"))));

        Assert.Equal((PhaseOutcome.Error, "System.IO.IOException", "why"), EndOf(Phase.PullImage));
    }

    [Fact]
    public async Task An_interruption_is_no_failure()
    {
        var interrupted = new CancellationToken(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => FollowAsync(() => Phase.PullImage.RunAsync(() => Task.FromCanceled(interrupted))));

        Assert.Equal((PhaseOutcome.Cancelled, null, null), EndOf(Phase.PullImage));
    }

    [Fact]
    public async Task A_phase_within_another_is_of_its_node_and_job_unless_it_names_one()
    {
        await FollowAsync(() => Phase.StartOnNode.RunAsync(
            async () =>
            {
                await Phase.WriteAccess.RunAsync(() => Task.CompletedTask);
                await Phase.ReceiveImage.RunAsync(() => Task.CompletedTask, "n2");
            },
            "n1",
            "4711",
            "here"));

        Assert.Equal(
            [("n1", "4711", "here"), ("n1", "4711", null), ("n2", "4711", null)],
            _told.Where(told => told.End is null).Select(told => (told.Node, told.Job, told.Detail)));
    }

    [Fact]
    public void People_read_where_what_and_how_it_ended()
    {
        var begun = new PhaseReport(Phase.ReceiveImage, "n1", "4711", "from n2");
        PhaseReport Ended(PhaseOutcome outcome, string? id = null, string? message = null) =>
            begun with { End = new PhaseEnd(outcome, TimeSpan.FromMilliseconds(1234), id, message) };

        Assert.Equal(
            [
                "n1: receiving from n2",
                "n1: receiving from n2: done in 1.23 s",
                "n1: receiving from n2: interrupted after 1.23 s",
                "n1: receiving from n2: failed after 1.23 s: DiskFull: no space",
                "job 4711: leasing a port",
                "asking the registry for digests",
            ],
            new[]
            {
                begun, Ended(PhaseOutcome.Ok), Ended(PhaseOutcome.Cancelled), Ended(PhaseOutcome.Error, "DiskFull", "no space"),
                new PhaseReport(Phase.LeasePort, null, "4711", null), new PhaseReport(Phase.ResolveDigest, null, null, null),
            }.Select(report => report.ToString()));
    }

    [Fact]
    public void Every_phase_has_words_of_its_own()
    {
        var words = Enum.GetValues<Phase>().Select(PhaseWords.Of).ToArray();
        Assert.Equal(words.Distinct(), words);
        Assert.All(words, text => Assert.True(char.IsAsciiLetterLower(text[0]) && !text.EndsWith('.'), text));
    }

    [Fact]
    public async Task What_many_share_is_begun_without_the_activity_of_whoever_came_first()
    {
        var seen = new List<Activity?>();

        await FollowAsync(async () =>
        {
            seen.Add(Activity.Current);
            seen.Add(await Detached.RunAsync(async () =>
            {
                await Task.Yield();
                return Activity.Current;
            }));
            await Detached.RunAsync(() =>
            {
                seen.Add(Activity.Current);
                return Task.CompletedTask;
            });
        });

        Assert.Equal([true, false, false], seen.Select(activity => activity is not null));
    }

    private (PhaseOutcome Outcome, string? ErrorId, string? Message) EndOf(Phase phase)
    {
        var end = Assert.Single(_told, told => told.Phase == phase && told.End is not null).End!;
        return (end.Outcome, end.ErrorId, end.Message);
    }

    private async Task FollowAsync(Func<Task> work)
    {
        using var run = new TracedRun("Test-It", _told.Add);
        await run.RunAsync(work);
    }
}
