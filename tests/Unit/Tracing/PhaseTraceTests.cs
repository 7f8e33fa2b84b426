using PisaHpc.Tracing;
using PisaHpc.Unit.Tracing.Files;

namespace PisaHpc.Unit.Tracing;

public sealed class PhaseTraceTests
{
    [Fact]
    public async Task Phases_and_requests_of_the_work_are_collected_as_they_end_in_the_order_in_which_they_began()
    {
        using var trace = new PhaseTrace("Start-HpcJob", withRequests: true);
        await trace.RunAsync(() => Phase.StartOnNode.RunAsync(
            () => Phase.PullImage.RunAsync(
                () => NodeRequest.EngineRequest.RunAsync("n1", () => "POST /images/create", _ => Task.FromResult(0)), detail: "a:1"),
            "n1",
            "4711"));

        Assert.Equal(
            [("StartOnNode", null), ("PullImage", "a:1"), ("EngineRequest", "POST /images/create")],
            trace.Ended.Select(phase => (phase.Phase, phase.Detail)));
        Assert.All(trace.Ended, phase => Assert.Equal(
            ("Start-HpcJob", "4711", "n1", "Ok", null), (phase.Command, phase.JobId, phase.Node, phase.Outcome, phase.ErrorId)));
        Assert.Equal(trace.Ended.Select(phase => phase.EndedAt).OrderDescending(), trace.Ended.Select(phase => phase.EndedAt));
    }

    [Fact]
    public async Task A_failure_and_an_interruption_are_outcomes_of_requests_too()
    {
        using var trace = new PhaseTrace("Stop-HpcJob", withRequests: true);
        await trace.RunAsync(async () =>
        {
            await Assert.ThrowsAsync<HpcException>(() => NodeRequest.Connect.RunAsync<int>(
                "n1", () => "connection", _ => throw new HpcException(ErrorId.NodeUnreachable, "no way", "n1")));
            await Assert.ThrowsAsync<OperationCanceledException>(() => NodeRequest.NodeCommand.RunAsync<int>(
                "n2", () => "true", _ => throw new OperationCanceledException()));
        });
        Assert.Equal(
            [("n1", "Error", "NodeUnreachable"), ("n2", "Cancelled", null)],
            trace.Ended.Select(phase => (phase.Node, phase.Outcome, phase.ErrorId)));
    }

    [Fact]
    public async Task Traces_side_by_side_have_their_own_work_alone()
    {
        using var both = new Barrier(2);
        var traces = await Task.WhenAll(new[] { "n1", "n2" }.Select(node => Task.Run(async () =>
        {
            using var trace = new PhaseTrace(node, withRequests: true);
            await trace.RunAsync(() => Phase.Survey.RunAsync(() => Task.Run(both.SignalAndWait), node));
            return trace;
        })));
        Assert.All(traces, trace => Assert.Equal(Assert.Single(trace.Ended).Command, trace.Ended[0].Node));
    }

    /// <summary>As a start that writes its phases down, within a cmdlet whose trace somebody wants.</summary>
    [Fact]
    public async Task A_trace_within_another_takes_nothing_away_from_it()
    {
        using var whole = new PhaseTrace("Start-HpcJob", withRequests: true);
        using var part = new PhaseTrace("Start-HpcJob", withRequests: false);
        await whole.RunAsync(async () =>
        {
            await part.RunAsync(() => Phase.StartOnNode.RunAsync(
                () => NodeRequest.EngineRequest.RunAsync("n1", () => "GET /info", _ => Task.FromResult(0)), "n1"));
            await Phase.Survey.RunAsync(() => Task.CompletedTask, "n2");
        });
        Assert.Equal("StartOnNode", Assert.Single(part.Ended).Phase);
        Assert.Equal(["EngineRequest", "StartOnNode", "Survey"], whole.Ended.Select(phase => phase.Phase).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Where_nobody_listens_a_request_is_no_activity()
    {
        var told = await NodeRequest.NodeCommand.RunAsync(
            "n1", () => throw new InvalidOperationException("Nobody reads it."), activity => Task.FromResult(activity));
        Assert.Null(told);
    }

    [Fact]
    public void What_is_written_down_is_read_again_as_it_was_to_a_tenth_of_a_millisecond()
    {
        HpcPhase[] phases = [.. TestTrace.Start(2).Where(phase => !phase.IsRequest)];
        var read = RecordedPhase.Of(phases, TestTrace.Began).Select(phase => phase.Within(TestTrace.Began, "4711", "Start-HpcJob"));
        Assert.All(phases.Zip(read), pair =>
        {
            Assert.Equal(pair.First with { StartedAt = default, TookSec = 0 }, pair.Second with { StartedAt = default, TookSec = 0 });
            Assert.Equal(pair.First.StartedAt, pair.Second.StartedAt, TimeSpan.FromMilliseconds(0.1));
            Assert.Equal(pair.First.TookSec, pair.Second.TookSec, 0.0002);
        });
    }

    [Fact]
    public void Of_many_nodes_the_slowest_are_written_down_and_what_was_done_for_all()
    {
        var written = RecordedPhase.Of(TestTrace.Start(200), TestTrace.Began);
        var nodes = written.Select(phase => phase.Node).OfType<string>().Distinct().ToList();
        Assert.Equal(RecordedPhase.MostNodes, nodes.Count);
        Assert.Contains("n200", nodes);
        Assert.DoesNotContain("n001", nodes);
        Assert.Contains(written, phase => phase.Phase == "LeasePort");
    }

    [Fact]
    public void Rounding_puts_no_part_outside_of_its_whole()
    {
        var written = RecordedPhase.Of(
            [TestTrace.Of("StartOnNode", "n1", 0.00004, 1.00006), TestTrace.Of("WriteAccess", "n1", 0.50006, 1.00006)], TestTrace.Began);
        Assert.Equal(written[0].At + written[0].Seconds, written[1].At + written[1].Seconds, 1e-9);
    }
}
