using PisaHpc.Batch;
using PisaHpc.Jobs;
using PisaHpc.Jobs.Records;
using PisaHpc.Unit.Containers;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Jobs.Records;

/// <summary>What starts and stops write down, whoever does which, and how often.</summary>
public sealed class JobRecordTests : IDisposable
{
    private static readonly HpcAllocation OfSlurm =
        PlanRequests.Allocation with { BatchSystem = Scheduler.Slurm, Cluster = "lab", RestartCount = 1 };

    private readonly JobCluster _cluster = new();
    private readonly TestRecords _records = new();

    public JobRecordTests()
    {
        _cluster.Recorder = _records.Recorder;
        foreach (var node in JobCluster.NodeNames)
        {
            _cluster.Counters[node] = ["cgroup\t/sys/fs/cgroup/c", "kills\t0", "hits\t0", "peak\t4096", "limit\t9223372036854771712"];
        }
    }

    public void Dispose()
    {
        _cluster.Dispose();
        _records.Dispose();
    }

    [Fact]
    public async Task A_job_that_ended_has_one_record_with_all_that_its_start_knew_however_often_it_is_stopped()
    {
        await StartAsync();
        await StopAsync(new BatchEnd { ExitCode = 0 });
        await StopAsync();

        var job = Assert.Single(_records.Read());
        Assert.Equal(("42", "lab", 1, "Slurm", "hpc"), (job.JobId, job.Cluster, job.RestartCount, job.Scheduler, job.Queue));
        Assert.Equal(
            ("hpcuser", "debian12", "registry.lab:5000/pisa/hpc:deb12", _cluster.Nodes.EngineOf("o2wn01").Created.First().Image.Split('@')[^1]),
            (job.Owner, job.Environment, job.Image, job.ImageDigest));
        Assert.Equal([("o2wn01", 32, "Running", 0L), ("o2wn02", 24, "Running", 0L)],
            job.Nodes.Select(node => (node.Name, node.Slots, node.State!, node.OomKills!.Value)));
        Assert.All(job.Nodes, node => Assert.Equal(("/sys/fs/cgroup/c", 4096L, null), (node.Cgroup, node.MemoryPeakBytes, node.MemoryLimitBytes)));
        Assert.Equal(("Finished", 0, null), (job.Reason, job.ExitCode, job.Signal));
        Assert.Equal(("root", "o2wn01", "a-test"), (job.EndedByUser, job.EndedByHost, job.EndedByProgram));
        Assert.True(job.BegunAt <= job.StartedAt && job.StartedAt <= job.EndedAt, $"{job.BegunAt} {job.StartedAt} {job.EndedAt}");
        Assert.Equal(
            ["Survey", "LeasePort", "WriteAccess", "StartContainer", "WaitUntilReady", "StopOnNode"], job.Phases.Select(phase => phase.Phase));
        Assert.Empty(_records.Warnings);
        Assert.Empty(_cluster.Leftovers());
    }

    [Fact]
    public async Task Labels_alone_are_enough_where_the_lease_is_gone()
    {
        await StartAsync();
        _cluster.Ports.Area.Release("42");
        await StopAsync();

        var job = Assert.Single(_records.Read());
        Assert.Equal(("lab", 1, "Slurm", "hpc", "debian12"), (job.Cluster, job.RestartCount, job.Scheduler, job.Queue, job.Environment));
        Assert.Equal(("Stopped", 56), (job.Reason, job.TotalSlots));
    }

    [Fact]
    public async Task The_lease_alone_is_enough_where_the_containers_are_gone()
    {
        await StartAsync();
        foreach (var engine in JobCluster.NodeNames.Select(_cluster.Nodes.EngineOf))
        {
            await engine.RemoveAsync(engine.Containers[0].Id, CancellationToken.None);
        }

        await StopAsync();
        var job = Assert.Single(_records.Read());
        Assert.Equal(("debian12", 56, "Stopped"), (job.Environment, job.TotalSlots, job.Reason));
        Assert.All(job.Nodes, node => Assert.Null(node.Container));
    }

    [Fact]
    public async Task A_job_of_an_earlier_version_is_written_down_too()
    {
        _cluster.Nodes.EngineOf("o2wn01").Add(RecordedContainers.First);
        _cluster.Nodes.EngineOf("o2wn02").Add(RecordedContainers.Second);
        await StopAsync(end: null, RecordedContainers.JobId);
        var job = Assert.Single(_records.Read());
        Assert.Equal(("recorded-4711", "a551e8bc", "debian12", null, null), (job.JobId, job.Run, job.Environment, job.Cluster, job.RestartCount));
        Assert.Equal("sha256:918db1875d83799515b1d157d39dc05bf3a026bc0773fc118f19e9f08c2051e5", job.ImageDigest);
    }

    [Fact]
    public async Task A_lease_without_a_job_is_no_run_of_one()
    {
        _cluster.Ports.Area.Lease(Ports.TestArea.Request("42") with { Nodes = "o2wn01*32" });
        await StopAsync();
        Assert.Empty(_records.Files);
    }

    [Fact]
    public async Task A_kill_for_memory_is_told_by_the_counter_of_the_containers_own_group()
    {
        await StartAsync();
        _cluster.Counters["o2wn02"] = ["cgroup\t/sys/fs/cgroup/c", "kills\t3", "hits\t12", "peak\t67108864", "limit\t67108864"];
        await StopAsync(new BatchEnd { ExitCode = 137 });

        var job = Assert.Single(_records.Read());
        Assert.Equal(("OutOfMemory", 137), (job.Reason, job.ExitCode));
        Assert.Equal([false, true], job.Nodes.Select(node => node.OutOfMemory));
        Assert.Equal((3L, 12L, 67108864L), (job.Nodes[1].OomKills, job.Nodes[1].MemoryLimitHits, job.Nodes[1].MemoryLimitBytes));
    }

    [Theory]
    [InlineData(false, "Signal")]
    [InlineData(true, "OutOfMemory")]
    public async Task Of_a_container_that_has_ended_the_engine_tells(bool outOfMemory, string reason)
    {
        await StartAsync();
        var engine = _cluster.Nodes.EngineOf("o2wn02");
        engine.Exit(engine.Containers[0].Id, 137, outOfMemory);
        await StopAsync();
        var job = Assert.Single(_records.Read());
        Assert.Equal((reason, "Exited", 137), (job.Reason, job.Nodes[1].State, job.Nodes[1].ExitCode));
    }

    [Fact]
    public async Task Evidence_that_cannot_be_gathered_is_missing_and_keeps_nobody_from_stopping()
    {
        await StartAsync();
        _cluster.Nodes.OnRun = Failing(_cluster.Nodes.OnRun);
        await StopAsync();
        var job = Assert.Single(_records.Read());
        Assert.Equal(("Stopped", "NodeCommandFailed"), (job.Reason, job.Nodes[0].ErrorId));
        Assert.Empty(_cluster.Leftovers());
    }

    [Fact]
    public async Task A_node_that_does_not_answer_is_why_and_the_next_stop_writes_no_second_record()
    {
        await StartAsync();
        _cluster.OnFailure = _ => { };
        _cluster.Nodes.FailOn("o2wn02", FakeStep.ConnectEngine, new HpcException(ErrorId.NodeUnreachable, "o2wn02 is down", "o2wn02"));
        await StopAsync();
        Assert.Equal("NodeLost", Assert.Single(_records.Read(ports: _cluster.Ports.Area)).Reason);

        _cluster.Nodes.Before("o2wn02", FakeStep.ConnectEngine, _ => Task.CompletedTask);
        await StopAsync();
        Assert.Equal("NodeLost", Assert.Single(_records.Read()).Reason);
        Assert.Empty(_cluster.Leftovers());
    }

    [Fact]
    public async Task A_record_of_a_run_that_lives_is_not_shown()
    {
        await StartAsync();
        var run = JobRun.Parse(_cluster.Ports.Area.NoteOf(_cluster.Ports.Area.Find("42")!))!;
        _records.DirectoryAt().Write(TestRecords.Job("42", run.Id));
        _records.DirectoryAt().Write(TestRecords.Job("42", "00000001"));
        Assert.Equal(["00000001"], _records.Read(ports: _cluster.Ports.Area).Select(job => job.Run));
        Assert.Equal(2, _records.Read().Count);
    }

    [Fact]
    public async Task The_batch_system_is_asked_beside_the_stop_and_one_that_fails_is_a_warning()
    {
        await StartAsync();
        await StopAsync(new BatchEnd { ExitCode = 0 }, ask: _ => Task.FromResult<BatchEnd?>(
            new BatchEnd { Outcome = BatchOutcome.TimeLimit, State = "TIMEOUT", Reason = "TimeLimit", RestartCount = 1 }));
        await StartAsync();
        await StopAsync(new BatchEnd { ExitCode = 3 }, ask: _ => throw new HpcException(ErrorId.BatchSystemFailed, "no controller"));
        await StartAsync();
        await StopAsync(new BatchEnd { ExitCode = 4 }, ask: async stopping =>
        {
            await Task.Yield();
            throw new HpcException(ErrorId.BatchSystemFailed, "no controller");
        });

        Assert.Equal(["Failed", "Failed", "TimeLimit"], _records.Read().OrderBy(job => job.Reason, StringComparer.Ordinal).Select(job => job.Reason));
        Assert.Equal(
            ["The record of job 42 goes without what the batch system knows: no controller"], _records.Warnings.Distinct());
        Assert.Equal(("TIMEOUT", "TimeLimit"), _records.Read().Where(job => job.Reason == "TimeLimit").Select(job => (job.BatchState, job.BatchReason)).Single());
    }

    [Fact]
    public async Task What_the_batch_system_says_of_a_later_run_is_not_this_runs_end()
    {
        await StartAsync();
        await StopAsync(end: null, ask: _ => Task.FromResult<BatchEnd?>(new BatchEnd { Outcome = BatchOutcome.Cancelled, RestartCount = 2 }));
        Assert.Equal("Stopped", Assert.Single(_records.Read()).Reason);
    }

    [Theory]
    [InlineData(ErrorId.ImageNotFound, "ImageMissing", FakeStep.Start)]
    [InlineData(ErrorId.LimitRefused, "NotStarted", FakeStep.Start)]
    [InlineData(ErrorId.NodeUnreachable, "NodeLost", FakeStep.Connect)]
    public async Task A_start_that_fails_is_written_down_with_the_ids_that_it_fails_with(ErrorId id, string reason, FakeStep step)
    {
        _cluster.Nodes.FailOn("o2wn02", step, new HpcException(id, "it lacks something", "o2wn02"));
        var failure = await Assert.ThrowsAsync<HpcException>(StartAsync);

        var job = Assert.Single(_records.Read());
        Assert.Equal((reason, failure.Id.ToString(), JobEnd.OneLine(failure.Message)), (job.Reason, job.ErrorId, job.Message));
        Assert.Equal([null, id.ToString()], job.Nodes.Select(node => node.ErrorId));
        Assert.Equal(("debian12", 56, null), (job.Environment, job.TotalSlots, job.StartedAt));
        Assert.Empty(_cluster.Leftovers());
    }

    [Fact]
    public async Task A_start_that_is_interrupted_is_written_down_too()
    {
        using var stop = new CancellationTokenSource();
        _cluster.Nodes.Before("o2wn01", FakeStep.Start, _ => stop.CancelAsync());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _cluster.Starter.StartAsync(Request, _ => Task.CompletedTask, stop.Token));
        Assert.Equal("Interrupted", Assert.Single(_records.Read()).Reason);
        Assert.Empty(_cluster.Leftovers());
    }

    [Fact]
    public async Task A_failed_start_that_leaves_something_behind_is_written_down_once()
    {
        _cluster.OnFailure = _ => { };
        _cluster.Nodes.FailOn("o2wn02", FakeStep.Start, new HpcException(ErrorId.LimitRefused, "no memlock", "o2wn02"));
        _cluster.Nodes.FailOn("o2wn02", FakeStep.Remove, new HpcException(ErrorId.NodeUnreachable, "gone", "o2wn02"));
        Assert.Equal(ErrorId.JobLeftBehind, (await Assert.ThrowsAsync<HpcException>(StartAsync)).Id);
        _cluster.Nodes.Before("o2wn02", FakeStep.Remove, _ => Task.CompletedTask);
        await StopAsync();
        Assert.Equal("JobLeftBehind", Assert.Single(_records.Read()).ErrorId);
    }

    [Fact]
    public async Task Who_meets_somebody_else_who_starts_the_job_ends_no_run()
    {
        using (_cluster.Ports.Area.Hold(Ports.TestArea.Request("42")))
        {
            var area = new PisaHpc.Ports.PortArea(_cluster.Ports.Path, 40000, 40004) { Patience = TimeSpan.FromMilliseconds(20) };
            var failure = await Assert.ThrowsAsync<HpcException>(
                () => _cluster.StarterIn(area).StartAsync(Request, _ => Task.CompletedTask, CancellationToken.None));
            Assert.Equal(ErrorId.JobBeingStarted, failure.Id);
        }

        Assert.Empty(_records.Files);
    }

    [Fact]
    public async Task A_requeued_job_has_a_record_for_each_run_and_one_that_nobody_stopped_was_found_dead()
    {
        await StartAsync();
        foreach (var engine in JobCluster.NodeNames.Select(_cluster.Nodes.EngineOf))
        {
            engine.Exit(engine.Containers[0].Id, 255);
        }

        await StartAsync();
        await StopAsync(new BatchEnd { ExitCode = 0 });
        var jobs = _records.Read();
        Assert.Equal(["Abandoned", "Finished"], jobs.Select(job => job.Reason).Order());
        Assert.Equal(2, jobs.Select(job => job.Run).Distinct().Count());
    }

    [Fact]
    public async Task A_directory_that_cannot_be_written_fails_no_start_and_no_stop()
    {
        await StartAsync();
        Directory.Delete(_records.Path);
        try
        {
            Assert.Equal("Stopped", (await StopAsync()).State);
        }
        finally
        {
            Directory.CreateDirectory(_records.Path);
        }

        Assert.Empty(_cluster.Leftovers());
        Assert.Contains(_records.Path, Assert.Single(_records.Warnings), StringComparison.Ordinal);
    }

    /// <summary>With a thousand nodes, every further question is a thousand.</summary>
    [Fact]
    public async Task A_stop_asks_a_node_with_a_running_container_once_more_for_the_record_and_a_start_nothing_more()
    {
        var without = await CallsAsync(null);
        var with = await CallsAsync(_records.Recorder);
        Assert.Equal(
            without.Append((FakeStep.Run, "Containers/memory-counters.sh")).Order(), with.Order());

        async Task<IReadOnlyList<(FakeStep Step, string Subject)>> CallsAsync(JobRecorder? recorder)
        {
            _cluster.Recorder = recorder;
            var before = _cluster.Nodes.Calls.Count;
            await StartAsync();
            await StopAsync();
            return
            [
                .. from call in _cluster.Nodes.Calls.Skip(before)
                   where call.Node == "o2wn01" && call.Step is not (FakeStep.Connect or FakeStep.ConnectEngine)
                   select (call.Step, call.Step == FakeStep.Run ? call.Subject.Split('\n')[^1].Split(' ').First(word => word.Contains(".sh")) : ""),
            ];
        }
    }

    private static JobRequest Request => JobCluster.With(containers => containers with { Allocation = OfSlurm });

    private Task StartAsync() => _cluster.Starter.StartAsync(Request, _ => Task.CompletedTask, CancellationToken.None);

    private async Task<HpcJob> StopAsync(BatchEnd? end = null, string jobId = "42", Func<CancellationToken, Task<BatchEnd?>>? ask = null)
    {
        var finder = new JobFinder(_cluster.Nodes.Cluster with { Failed = _ => { } }, _cluster.Ports.Area);
        var found = await finder.FindAsync([jobId], JobCluster.NodeNames, CancellationToken.None);
        var request = new JobStopRequest
        {
            Job = found.Count > 0 ? found[0] : HpcJob.None(jobId),
            Nodes = [.. JobCluster.NodeNames],
            RunDirectory = "/run/pisahpc",
            End = end,
            AskEnd = ask,
        };
        return await _cluster.Stopper.StopAsync(request, FakeCluster.Unexpected, CancellationToken.None);
    }

    private static Func<string, IReadOnlyList<string>, ReadOnlyMemory<byte>, PisaHpc.Nodes.NodeCommandResult> Failing(
        Func<string, IReadOnlyList<string>, ReadOnlyMemory<byte>, PisaHpc.Nodes.NodeCommandResult> others) =>
        (node, arguments, input) => arguments[3] == "Containers/memory-counters.sh"
            ? FakeCluster.Result(1, "", "sh: cannot")
            : others(node, arguments, input);
}
