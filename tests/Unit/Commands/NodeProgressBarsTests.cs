using System.Management.Automation;
using PisaHpc.Engines;
using PisaHpc.Images.Update;
using PisaHpc.Module.Base;
using PisaHpc.Tracing;

namespace PisaHpc.Unit.Commands;

public sealed class NodeProgressBarsTests : IDisposable
{
    private const int Whole = 1;
    private readonly List<ProgressRecord> _shown = [];
    private readonly NodeProgressBars _bars;

    public NodeProgressBarsTests() =>
        _bars = new NodeProgressBars("Starting job 42", 4, Phase.StartOnNode, _shown.Add, TimeProvider.System);

    public void Dispose() => _bars.Dispose();

    [Fact]
    public void The_whole_s_bar_says_what_the_job_does_and_a_child_what_its_node_does()
    {
        Begin(Phase.LeasePort, node: null);
        Begin(Phase.StartContainer, "n1");
        Begin(Phase.StartContainer, "n2");
        Begin(Phase.WaitUntilReady, "n1");

        Assert.Equal(
            [
                (Whole, -1, "Starting job 42", "leasing a port"),
                (2, Whole, "n1", "starting the container"),
                (3, Whole, "n2", "starting the container"),
                (2, Whole, "n1", "waiting until it is ready"),
            ],
            _shown.Select(record => (record.ActivityId, record.ParentActivityId, record.Activity, record.StatusDescription)));
    }

    [Fact]
    public void The_whole_s_bar_is_there_before_a_node_s()
    {
        Begin(Phase.Survey, "n1");

        Assert.Equal([(Whole, "0 of 4 nodes"), (2, "asking the node")], Shown());
    }

    [Fact]
    public void A_bar_goes_back_to_what_a_phase_was_a_part_of_when_that_has_ended()
    {
        Begin(Phase.StartJob, node: null);
        Begin(Phase.LeasePort, node: null);
        End(Phase.LeasePort, node: null, PhaseOutcome.Ok);
        Begin(Phase.StartOnNode, "n1");
        Begin(Phase.StartContainer, "n1");
        End(Phase.StartContainer, "n1", PhaseOutcome.Ok);

        Assert.Equal(
            [
                (Whole, "starting the job"), (Whole, "leasing a port"), (Whole, "starting the job"),
                (2, "starting"), (2, "starting the container"), (2, "starting"),
            ],
            Shown());
    }

    [Fact]
    public void The_whole_s_bar_keeps_its_percent_when_another_phase_begins()
    {
        Begin(Phase.StartOnNode, "n1");
        End(Phase.StartOnNode, "n1", PhaseOutcome.Ok);
        Begin(Phase.TakeBack, node: null);

        Assert.Equal(("taking back what was started, 1 of 4 nodes", 25), (_shown[^1].StatusDescription, _shown[^1].PercentComplete));
    }

    [Fact]
    public void A_node_on_which_nothing_goes_on_has_no_bar_and_a_late_message_of_its_engine_brings_none_back()
    {
        Begin(Phase.PullImage, "n1");
        End(Phase.PullImage, "n1", PhaseOutcome.Ok);
        _bars.Report(new ImagePullProgress("n1", new PullProgress("downloading", 1, 2)));

        Assert.Equal((2, ProgressRecordType.Completed), (_shown[^1].ActivityId, _shown[^1].RecordType));
    }

    [Fact]
    public void A_node_whose_whole_phase_has_ended_loses_its_bar_and_moves_the_percent_on()
    {
        Begin(Phase.StartOnNode, "n1");
        End(Phase.StartOnNode, "n1", PhaseOutcome.Ok);
        End(Phase.StartOnNode, "n2", PhaseOutcome.Error);

        Assert.Equal((2, ProgressRecordType.Completed), (_shown[2].ActivityId, _shown[2].RecordType));
        Assert.Equal((Whole, "1 of 4 nodes", 25), (_shown[3].ActivityId, _shown[3].StatusDescription, _shown[3].PercentComplete));
        Assert.Equal((Whole, "2 of 4 nodes", 50), (_shown[4].ActivityId, _shown[4].StatusDescription, _shown[4].PercentComplete));
    }

    [Fact]
    public void A_node_that_was_interrupted_is_not_done()
    {
        Begin(Phase.StartOnNode, "n1");
        End(Phase.StartOnNode, "n1", PhaseOutcome.Cancelled);

        Assert.Equal((2, ProgressRecordType.Completed), (_shown[^1].ActivityId, _shown[^1].RecordType));
        Assert.Equal("0 of 4 nodes", Assert.Single(_shown, record => record.ActivityId == Whole).StatusDescription);
    }

    [Fact]
    public void A_pull_shows_its_bytes_and_not_each_of_an_engine_s_hundred_messages()
    {
        foreach (var bytes in Enumerable.Range(1, 100))
        {
            _bars.Report(new ImagePullProgress("n1", new PullProgress("downloading", bytes * 1_000_000, 400_000_000)));
        }

        Assert.Equal(("downloading, 1.0 of 400.0 MB", 0), (_shown[1].StatusDescription, _shown[1].PercentComplete));
        Assert.True(_shown.Count < 100, $"{_shown.Count} records");
    }

    [Fact]
    public void At_the_end_all_bars_are_taken_away_and_none_comes_back()
    {
        Begin(Phase.Survey, "n1");
        Begin(Phase.Survey, "n2");
        _shown.Clear();

        _bars.Dispose();
        Begin(Phase.Survey, "n3");

        Assert.Equal(
            [(2, Whole, "n1"), (3, Whole, "n2"), (Whole, -1, "Starting job 42")],
            _shown.Select(record => (record.ActivityId, record.ParentActivityId, record.Activity)));
        Assert.All(_shown, record => Assert.Equal(ProgressRecordType.Completed, record.RecordType));
    }

    private IEnumerable<(int Bar, string Words)> Shown() => _shown.Select(record => (record.ActivityId, record.StatusDescription));

    private void Begin(Phase phase, string? node) => _bars.Report(new PhaseReport(phase, node, "42", null));

    private void End(Phase phase, string? node, PhaseOutcome outcome) => _bars.Report(
        new PhaseReport(phase, node, "42", null) { End = new PhaseEnd(outcome, TimeSpan.Zero, null, null) });
}
