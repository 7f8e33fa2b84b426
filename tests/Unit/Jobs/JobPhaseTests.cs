using System.Collections.Concurrent;
using System.Diagnostics;
using PisaHpc.Jobs;
using PisaHpc.Tracing;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Jobs;

/// <summary>The phases that a job and its nodes go through, in order and with their outcome.</summary>
public sealed class JobPhaseTests : IDisposable
{
    private readonly JobCluster _cluster = new();
    private readonly ConcurrentQueue<PhaseReport> _told = new();

    public JobPhaseTests() => _cluster.OnPhase = _told.Enqueue;

    public void Dispose() => _cluster.Dispose();

    [Fact]
    public async Task A_start_leases_a_port_and_brings_each_node_from_its_survey_to_a_ready_container()
    {
        await StartAsync();

        Assert.Equal(["StartJob", "LeasePort", "LeasePort Ok", "StartJob Ok"], PhasesOf(null));
        Assert.All(JobCluster.NodeNames, node => Assert.Equal(
            [
                "Survey", "Survey Ok",
                "StartOnNode",
                "WriteAccess", "WriteAccess Ok",
                "StartContainer", "StartContainer Ok",
                "WaitUntilReady", "WaitUntilReady Ok",
                "StartOnNode Ok",
            ],
            PhasesOf(node)));
        Assert.All(_told, told => Assert.Equal("42", told.Job));
    }

    [Fact]
    public async Task A_start_over_an_earlier_attempt_removes_that_first()
    {
        await StartAsync();
        var engine = _cluster.Nodes.EngineOf("o2wn02");
        engine.Exit(engine.Containers[0].Id, 137);
        _told.Clear();

        await StartAsync();

        Assert.Equal(
            [
                "StartOnNode",
                "RemoveLeftovers",
                "RemoveAccess", "RemoveAccess Ok", "RemoveContainers", "RemoveContainers Ok", "RemoveContainers", "RemoveContainers Ok",
                "RemoveLeftovers Ok",
                "WriteAccess",
            ],
            Settled(2, PhasesOf("o2wn02").SkipWhile(phase => phase != "StartOnNode").Take(10)));
    }

    [Fact]
    public async Task A_stop_takes_hold_of_the_lease_and_removes_containers_keys_and_what_came_late_from_each_node()
    {
        await StartAsync();
        _told.Clear();

        await StopAsync();

        Assert.Equal(["StopJob", "HoldLease", "HoldLease Ok", "StopJob Ok"], PhasesOf(null));
        Assert.All(JobCluster.NodeNames, node => Assert.Equal(
            [
                "StopOnNode",
                "RemoveAccess", "RemoveAccess Ok", "RemoveContainers", "RemoveContainers Ok", "RemoveContainers", "RemoveContainers Ok",
                "StopOnNode Ok",
            ],
            Settled(1, PhasesOf(node))));
        Assert.All(_told, told => Assert.Equal("42", told.Job));
    }

    /// <summary>Containers and keys go side by side: which of the two is done first is chance.</summary>
    private static IEnumerable<string> Settled(int before, IEnumerable<string> phases)
    {
        string[] all = [.. phases];
        return [.. all[..before], .. all[before..(before + 4)].Order(StringComparer.Ordinal), .. all[(before + 4)..]];
    }

    [Fact]
    public async Task A_node_that_fails_has_the_error_the_others_are_interrupted_and_all_is_taken_back()
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _cluster.Nodes.Before("o2wn01", FakeStep.Start, stopping =>
        {
            reached.SetResult();
            return Task.Delay(Timeout.Infinite, stopping);
        });
        _cluster.Nodes.Before("o2wn02", FakeStep.Start, async _ =>
        {
            await reached.Task;
            throw new HpcException(ErrorId.EngineUnavailable, "the engine is down", "o2wn02");
        });

        await Assert.ThrowsAsync<HpcException>(StartAsync);

        Assert.Equal((PhaseOutcome.Error, "EngineUnavailable", "the engine is down"), EndOf("o2wn02", Phase.StartContainer));
        Assert.Equal((PhaseOutcome.Error, "EngineUnavailable", "the engine is down"), EndOf("o2wn02", Phase.StartOnNode));
        Assert.Equal((PhaseOutcome.Cancelled, null, null), EndOf("o2wn01", Phase.StartContainer));
        Assert.Equal((PhaseOutcome.Cancelled, null, null), EndOf("o2wn01", Phase.StartOnNode));
        Assert.Equal(
            ["StartJob", "LeasePort", "LeasePort Ok", "TakeBack", "TakeBack Ok", "StartJob Error JobRolledBack"], PhasesOf(null));
        Assert.All(JobCluster.NodeNames, node => Assert.Equal("TakeBack Ok", PhasesOf(node).Last()));
    }

    [Fact]
    public async Task An_interrupted_start_is_cancelled_and_did_not_fail()
    {
        using var interrupt = new CancellationTokenSource();
        _cluster.Nodes.Before("o2wn02", FakeStep.Start, async stopping =>
        {
            await interrupt.CancelAsync();
            stopping.ThrowIfCancellationRequested();
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => StartAsync(interrupt.Token));

        Assert.Equal((PhaseOutcome.Cancelled, null, null), EndOf("o2wn02", Phase.StartContainer));
        Assert.Equal(["StartJob", "LeasePort", "LeasePort Ok", "TakeBack", "TakeBack Ok", "StartJob Cancelled"], PhasesOf(null));
    }

    [Fact]
    public async Task A_node_that_is_too_slow_fails_with_the_time_limit_in_the_phase_in_which_it_was()
    {
        _cluster.Nodes.Before("o2wn02", FakeStep.Start, stopping => Task.Delay(Timeout.Infinite, stopping));

        _cluster.NodeTimeout = TimeSpan.FromSeconds(1);

        await Assert.ThrowsAsync<HpcException>(StartAsync);

        Assert.Equal((PhaseOutcome.Cancelled, null, null), EndOf("o2wn02", Phase.StartContainer));
        Assert.Contains("StartOnNode Error NodeTimeout", PhasesOf("o2wn02"));
    }

    [Fact]
    public async Task Two_jobs_in_one_process_and_one_trace_are_told_of_their_own_phases_alone()
    {
        using var other = new JobCluster();
        var others = new ConcurrentQueue<PhaseReport>();
        other.OnPhase = others.Enqueue;
        var request = JobCluster.With(containers => containers with { Allocation = containers.Allocation with { JobId = "43" } });
        using var outer = new Activity("a program that starts both").Start();

        await Task.WhenAll(
            Task.Run(() => StartAsync()),
            Task.Run(() => other.FollowAsync(
                () => other.Starter.StartAsync(request, _ => Task.CompletedTask, CancellationToken.None))));

        Assert.All(_told, told => Assert.Equal("42", told.Job));
        Assert.All(others, told => Assert.Equal("43", told.Job));
        Assert.Equal(_told.Count, others.Count);
        Assert.Same(outer, Activity.Current);
    }

    private Task StartAsync() => StartAsync(CancellationToken.None);

    private Task StartAsync(CancellationToken cancellationToken) => _cluster.FollowAsync(
        () => _cluster.Starter.StartAsync(JobCluster.Request(), _ => Task.CompletedTask, cancellationToken));

    private Task StopAsync() => _cluster.FollowAsync(() => _cluster.Stopper.StopAsync(
        new JobStopRequest { Job = HpcJob.None("42"), Nodes = JobCluster.NodeNames, RunDirectory = "/run/pisahpc" },
        FakeCluster.Unexpected,
        CancellationToken.None));

    /// <summary>A node's phases, or the job's own: the name where one begins, and with its outcome where it ends.</summary>
    private IEnumerable<string> PhasesOf(string? node) =>
        from told in _told
        where told.Node == node
        select told.End is { } end ? $"{told.Phase} {end.Outcome} {end.ErrorId}".TrimEnd() : $"{told.Phase}";

    private (PhaseOutcome Outcome, string? ErrorId, string? Message) EndOf(string node, Phase phase)
    {
        var end = Assert.Single(_told, told => told.Node == node && told.Phase == phase && told.End is not null).End!;
        return (end.Outcome, end.ErrorId, end.Message);
    }
}
