using PisaHpc.Jobs;
using PisaHpc.Sites;
using PisaHpc.Tracing;
using PisaHpc.Unit.Containers;
using PisaHpc.Unit.Nodes;
using PisaHpc.Unit.Ports;

namespace PisaHpc.Unit.Jobs;

/// <summary>What a start that failed is called, by the step at which it did, and what is there afterwards.</summary>
public sealed class FailedStartTests : IDisposable
{
    private readonly JobCluster _cluster = new();

    public void Dispose() => _cluster.Dispose();

    [Theory]
    [InlineData(FakeStep.Connect)]
    [InlineData(FakeStep.Run)]
    [InlineData(FakeStep.ConnectEngine)]
    [InlineData(FakeStep.FindImage)]
    [InlineData(FakeStep.List)]
    public async Task A_job_whose_nodes_cannot_be_read_was_not_started_and_nothing_was_changed(FakeStep step)
    {
        var cause = Fault("o2wn02");
        _cluster.Nodes.FailOn("o2wn02", step, cause);

        var failure = await FailedAsync(JobCluster.Request());

        Assert.Equal(
            (ErrorId.JobNotStarted, "Job 42 was not started, and nothing was changed: o2wn02: EngineUnavailable: the engine is down"),
            (failure.Id, failure.Message));
        Assert.Equal(new NodeFailure("o2wn02", cause), Assert.Single(failure.FailedNodes));
        Assert.Same(cause, failure.InnerException);
        AssertUntouched();
    }

    [Fact]
    public async Task A_job_whose_nodes_lack_a_mount_was_not_started_and_each_of_them_is_named()
    {
        _cluster.Missing.Add("/gpfs");

        var failure = await FailedAsync(WithMount("/gpfs"));

        Assert.Equal(ErrorId.JobNotStarted, failure.Id);
        Assert.Equal(
            [("o2wn01", ErrorId.MountSourceMissing), ("o2wn02", ErrorId.MountSourceMissing)],
            failure.FailedNodes.Select(node => (node.Node, node.Id)));
        Assert.Same(failure.FailedNodes[0].Cause, failure.InnerException);
        AssertUntouched();
    }

    [Fact]
    public async Task A_job_that_was_not_started_keeps_what_an_earlier_attempt_left_and_the_lease_that_leads_there()
    {
        await _cluster.Starter.StartAsync(JobCluster.Request(), _ => Task.CompletedTask, CancellationToken.None);
        var engine = _cluster.Nodes.EngineOf("o2wn02");
        engine.Exit(engine.Containers[0].Id, 137);
        var before = _cluster.Leftovers();
        _cluster.Missing.Add("/gpfs");

        Assert.Equal(ErrorId.JobNotStarted, (await FailedAsync(WithMount("/gpfs"))).Id);

        Assert.Equal(before, _cluster.Leftovers());
    }

    [Fact]
    public async Task What_no_node_is_the_reason_of_keeps_its_own_id()
    {
        var conflict = await FailedAsync(JobCluster.With(containers => containers with { PublishedPorts = [8080] }));
        foreach (var port in Directory.EnumerateFiles(_cluster.Ports.Path).Select(Path.GetFileName).Skip(1))
        {
            File.Delete(Path.Combine(_cluster.Ports.Path, port!));
        }

        var last = _cluster.Ports.Area.Lease(TestArea.Request("greedy"));
        var exhausted = await FailedAsync(JobCluster.Request());
        _cluster.Ports.Area.Release(last.JobId);

        Assert.Equal((ErrorId.PlanConflict, ErrorId.PortAreaExhausted), (conflict.Id, exhausted.Id));
        Assert.Empty(conflict.FailedNodes.Concat(exhausted.FailedNodes));
        AssertUntouched();
    }

    [Fact]
    public async Task A_job_that_cannot_be_planned_says_so_with_its_nodes()
    {
        _cluster.Nodes.FailOn("o2wn02", FakeStep.ConnectEngine, Fault("o2wn02"));

        var failure = await Assert.ThrowsAsync<HpcException>(
            () => _cluster.Starter.PlanAsync(JobCluster.Request(), _ => Task.CompletedTask, CancellationToken.None));

        Assert.Equal(
            (ErrorId.JobNotStarted, "Job 42 was not planned, and nothing was changed: o2wn02: EngineUnavailable: the engine is down"),
            (failure.Id, failure.Message));
        Assert.Equal("o2wn02", Assert.Single(failure.FailedNodes).Node);
    }

    [Theory]
    [InlineData(Phase.WriteAccess, FakeStep.Connect)]
    [InlineData(Phase.WriteAccess, FakeStep.Run)]
    [InlineData(Phase.StartContainer, FakeStep.ConnectEngine)]
    [InlineData(Phase.StartContainer, FakeStep.Create)]
    [InlineData(Phase.StartContainer, FakeStep.Start)]
    [InlineData(Phase.WaitUntilReady, FakeStep.Run)]
    public async Task A_node_that_fails_while_it_is_started_takes_the_whole_job_back(Phase phase, FakeStep step)
    {
        var cause = Fault("o2wn02");
        At(phase, () => _cluster.Nodes.Before("o2wn02", step, _ =>
        {
            _cluster.Nodes.Before("o2wn02", step, _ => Task.CompletedTask);
            throw cause;
        }));

        var failure = await FailedAsync(JobCluster.Request());

        Assert.Equal(
            (ErrorId.JobRolledBack, "Job 42 was taken back from all of its 2 nodes: o2wn02: EngineUnavailable: the engine is down"),
            (failure.Id, failure.Message));
        Assert.Equal(new NodeFailure("o2wn02", cause), Assert.Single(failure.FailedNodes));
        Assert.Same(cause, failure.InnerException);
        Assert.Empty(failure.LeftBehind);
        Assert.Empty(_cluster.Leftovers());
    }

    [Fact]
    public async Task A_node_that_never_becomes_ready_takes_the_whole_job_back()
    {
        _cluster.Deaf.Add("o2wn02");

        var failure = await FailedAsync(JobCluster.Request());

        Assert.Equal(ErrorId.JobRolledBack, failure.Id);
        Assert.Contains(failure.FailedNodes, node => node is { Node: "o2wn02", Id: ErrorId.ContainerNotReady });
        Assert.Empty(_cluster.Leftovers());
    }

    [Theory]
    [InlineData(Phase.WriteAccess, FakeStep.Connect)]
    [InlineData(Phase.WriteAccess, FakeStep.Run)]
    [InlineData(Phase.StartContainer, FakeStep.ConnectEngine)]
    [InlineData(Phase.WaitUntilReady, FakeStep.Run)]
    public async Task What_a_node_that_fails_for_good_may_keep_is_left_behind_and_the_lease_leads_a_stop_there(Phase phase, FakeStep step)
    {
        var cause = Fault("o2wn02");
        At(phase, () => _cluster.Nodes.FailOn("o2wn02", step, cause));

        var failure = await FailedAsync(JobCluster.Request());

        Assert.Equal((ErrorId.JobLeftBehind, "o2wn02"), (failure.Id, Assert.Single(failure.LeftBehind).Node));
        Assert.Equal(new NodeFailure("o2wn02", cause), Assert.Single(failure.FailedNodes));
        Assert.Same(cause, failure.InnerException);
        await AssertStopFinishesAsync(step, "o2wn02");
    }

    [Fact]
    public async Task A_node_on_which_something_is_left_need_not_be_the_one_that_failed()
    {
        _cluster.Nodes.FailOn("o2wn01", FakeStep.Remove, new HpcException(ErrorId.NodeUnreachable, "the node is gone", "o2wn01"));
        FailOnceOtherRuns();

        var failure = await FailedAsync(JobCluster.Request());

        Assert.Equal(
            (ErrorId.JobLeftBehind,
                "Job 42 failed (o2wn02: EngineUnavailable: the engine is down) and could not be taken back from "
                + "o2wn01: NodeUnreachable: the node is gone"),
            (failure.Id, failure.Message));
        Assert.Equal("When the nodes answer again: Stop-HpcJob -JobId '42'. The port stays leased until then.", failure.RecommendedAction);
        Assert.Equal(("o2wn02", ErrorId.EngineUnavailable), Assert.Single(failure.FailedNodes.Select(node => (node.Node, node.Id))));
        Assert.Equal(("o2wn01", ErrorId.NodeUnreachable), Assert.Single(failure.LeftBehind.Select(node => (node.Node, node.Id))));
        await AssertStopFinishesAsync(FakeStep.Remove, "o2wn01");
    }

    [Fact]
    public async Task A_node_that_hangs_while_it_is_taken_back_is_one_on_which_something_is_left()
    {
        _cluster.Nodes.Before("o2wn01", FakeStep.List, async stop =>
        {
            if (_cluster.Nodes.EngineOf("o2wn01").Containers.Count > 0)
            {
                await Task.Delay(Timeout.Infinite, stop);
            }
        });
        FailOnceOtherRuns();
        _cluster.RollbackLimit = TimeSpan.FromMilliseconds(200);

        var failure = await FailedAsync(JobCluster.Request());

        Assert.Equal(ErrorId.JobLeftBehind, failure.Id);
        Assert.Contains(("o2wn01", ErrorId.NodeTimeout), failure.LeftBehind.Select(node => (node.Node, node.Id)));
        Assert.Single(_cluster.Ports.Area.List());
    }

    [Fact]
    public async Task A_start_that_is_interrupted_and_cannot_be_taken_back_names_what_is_left_and_no_failed_node()
    {
        using var interrupt = new CancellationTokenSource();
        _cluster.Nodes.FailOn("o2wn01", FakeStep.Remove, Fault("o2wn01"));
        _cluster.Nodes.Before("o2wn02", FakeStep.Create, OtherRunsAsync);
        At(Phase.WaitUntilReady, interrupt.Cancel);

        var failure = await Assert.ThrowsAsync<HpcException>(
            () => _cluster.FollowAsync(
                () => _cluster.Starter.StartAsync(JobCluster.Request(), _ => Task.CompletedTask, interrupt.Token)));

        Assert.Equal((ErrorId.JobLeftBehind, "o2wn01"), (failure.Id, Assert.Single(failure.LeftBehind).Node));
        Assert.Empty(failure.FailedNodes);
        Assert.IsAssignableFrom<OperationCanceledException>(failure.InnerException);
    }

    private static HpcException Fault(string node) => new(ErrorId.EngineUnavailable, "the engine is down", node);

    private static JobRequest WithMount(string path) => JobCluster.With(containers => containers with
    {
        Environment = PlanRequests.Environment with { Mounts = [new MountDefinition { Source = path, Target = path }] },
    });

    private Task<HpcException> FailedAsync(JobRequest request) => Assert.ThrowsAsync<HpcException>(
        () => _cluster.FollowAsync(() => _cluster.Starter.StartAsync(
            request, _ => throw new InvalidOperationException("The job was started."), CancellationToken.None)));

    /// <summary>Does something as o2wn02 comes to a phase of its start.</summary>
    private void At(Phase phase, Action action) => _cluster.OnPhase = reached =>
    {
        if (reached.Node == "o2wn02" && reached.Phase == phase && reached.End is null)
        {
            action();
        }
    };

    /// <summary>Makes o2wn02 fail once o2wn01 has its container.</summary>
    private void FailOnceOtherRuns() => _cluster.Nodes.Before("o2wn02", FakeStep.Create, async stop =>
    {
        await OtherRunsAsync(stop);
        throw Fault("o2wn02");
    });

    private async Task OtherRunsAsync(CancellationToken stop)
    {
        while (_cluster.Nodes.EngineOf("o2wn01").Containers.Count == 0)
        {
            stop.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private void AssertUntouched()
    {
        Assert.Empty(_cluster.Leftovers());
        Assert.DoesNotContain(_cluster.Nodes.Calls, call => call.Step is FakeStep.Create or FakeStep.Start or FakeStep.Stop or FakeStep.Remove);
    }

    private async Task AssertStopFinishesAsync(FakeStep step, string node)
    {
        _cluster.Nodes.Before(node, step, _ => Task.CompletedTask);
        Assert.Equal(JobCluster.NodeNames, Assert.Single(_cluster.Ports.Area.List()).Nodes);
        var jobs = await _cluster.Finder.FindAsync(["42"], [], CancellationToken.None);
        await _cluster.Stopper.StopAsync(
            new JobStopRequest { Job = Assert.Single(jobs), Nodes = JobCluster.NodeNames, RunDirectory = "/run/pisahpc" },
            FakeCluster.Unexpected,
            CancellationToken.None);
        Assert.Empty(_cluster.Leftovers());
    }
}
