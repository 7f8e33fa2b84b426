using PisaHpc.Batch;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Jobs.Records;

/// <summary>What starts write down: that they failed, and that an earlier run was found dead.</summary>
public sealed class StartRecordTests : IDisposable
{
    private readonly RecordedJobs _jobs = new();

    public void Dispose() => _jobs.Dispose();

    [Theory]
    [InlineData(ErrorId.ImageNotFound, "ImageMissing", FakeStep.Start)]
    [InlineData(ErrorId.LimitRefused, "NotStarted", FakeStep.Start)]
    [InlineData(ErrorId.NodeUnreachable, "NodeLost", FakeStep.Connect)]
    public async Task A_start_that_fails_is_written_down_with_the_ids_that_it_fails_with(ErrorId id, string reason, FakeStep step)
    {
        _jobs.Cluster.Nodes.FailOn("o2wn02", step, new HpcException(id, "it lacks something", "o2wn02"));
        var failure = await Assert.ThrowsAsync<HpcException>(_jobs.StartAsync);

        var job = Assert.Single(_jobs.Records.Read());
        Assert.Equal((reason, failure.Id.ToString(), Quote.OneLine(failure.Message)), (job.Reason, job.ErrorId, job.Message));
        Assert.Equal([null, id.ToString()], job.Nodes.Select(node => node.ErrorId));
        Assert.Equal(("debian12", 56, null), (job.Environment, job.TotalSlots, job.StartedAt));
        Assert.Empty(_jobs.Cluster.Leftovers());
    }

    [Fact]
    public async Task A_start_that_is_interrupted_is_written_down_too()
    {
        using var stop = new CancellationTokenSource();
        _jobs.Cluster.Nodes.Before("o2wn01", FakeStep.Start, _ => stop.CancelAsync());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => _jobs.Cluster.Starter.StartAsync(RecordedJobs.Request, _ => Task.CompletedTask, stop.Token));
        Assert.Equal("Interrupted", Assert.Single(_jobs.Records.Read()).Reason);
        Assert.Empty(_jobs.Cluster.Leftovers());
    }

    [Fact]
    public async Task A_failed_start_that_leaves_something_behind_is_written_down_once()
    {
        _jobs.Cluster.OnFailure = _ => { };
        _jobs.Cluster.Nodes.FailOn("o2wn02", FakeStep.Start, new HpcException(ErrorId.LimitRefused, "no memlock", "o2wn02"));
        _jobs.Cluster.Nodes.FailOn("o2wn02", FakeStep.Remove, new HpcException(ErrorId.NodeUnreachable, "gone", "o2wn02"));
        Assert.Equal(ErrorId.JobLeftBehind, (await Assert.ThrowsAsync<HpcException>(_jobs.StartAsync)).Id);
        _jobs.Cluster.Nodes.Before("o2wn02", FakeStep.Remove, _ => Task.CompletedTask);
        await _jobs.StopAsync();
        Assert.Equal("JobLeftBehind", Assert.Single(_jobs.Records.Read()).ErrorId);
    }

    [Fact]
    public async Task Who_meets_somebody_else_who_starts_the_job_ends_no_run()
    {
        using (_jobs.Cluster.Ports.Area.Hold(Ports.TestArea.Request("42")))
        {
            var area = new PisaHpc.Ports.PortArea(_jobs.Cluster.Ports.Path, 40000, 40004) { Patience = TimeSpan.FromMilliseconds(20) };
            var failure = await Assert.ThrowsAsync<HpcException>(
                () => _jobs.Cluster.StarterIn(area).StartAsync(RecordedJobs.Request, _ => Task.CompletedTask, CancellationToken.None));
            Assert.Equal(ErrorId.JobBeingStarted, failure.Id);
        }

        Assert.Empty(_jobs.Records.Files);
    }

    [Fact]
    public async Task A_requeued_job_has_a_record_for_each_run_and_one_that_nobody_stopped_was_found_dead()
    {
        await _jobs.StartAsync();
        foreach (var engine in JobCluster.NodeNames.Select(_jobs.Cluster.Nodes.EngineOf))
        {
            engine.Exit(engine.Containers[0].Id, 255);
        }

        await _jobs.StartAsync();
        await _jobs.StopAsync(new BatchEnd { ExitCode = 0 });
        var jobs = _jobs.Records.Read();
        Assert.Equal(["Abandoned", "Finished"], jobs.Select(job => job.Reason).Order());
        Assert.Equal(2, jobs.Select(job => job.Run).Distinct().Count());
    }
}
