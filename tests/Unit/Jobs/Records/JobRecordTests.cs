using PisaHpc.Batch;
using PisaHpc.Jobs.Records;
using PisaHpc.Unit.Containers;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Jobs.Records;

/// <summary>What a job that ended is written down as, whoever stops it, and how often.</summary>
public sealed class JobRecordTests : IDisposable
{
    private readonly RecordedJobs _jobs = new();

    public void Dispose() => _jobs.Dispose();

    [Fact]
    public async Task A_job_that_ended_has_one_record_with_all_that_its_start_knew_however_often_it_is_stopped()
    {
        await _jobs.StartAsync();
        await _jobs.StopAsync(new BatchEnd { ExitCode = 0 });
        await _jobs.StopAsync();

        var job = Assert.Single(_jobs.Records.Read());
        Assert.Equal(("42", "lab", 1, "Slurm", "hpc"), (job.JobId, job.Cluster, job.RestartCount, job.Scheduler, job.Queue));
        var digest = _jobs.Cluster.Nodes.EngineOf("o2wn01").Created.First().Image.Split('@')[^1];
        Assert.Equal(
            ("hpcuser", "debian12", "registry.lab:5000/pisa/hpc:deb12", digest),
            (job.Owner, job.Environment, job.Image, job.ImageDigest));
        Assert.Equal([("o2wn01", 32, "Running", 0L), ("o2wn02", 24, "Running", 0L)],
            job.Nodes.Select(node => (node.Name, node.Slots, node.State!, node.OomKills!.Value)));
        Assert.All(
            job.Nodes,
            node => Assert.Equal(
                ("/sys/fs/cgroup/c", "Own", 4096L, null, 1.5),
                (node.Cgroup, node.Placement, node.MemoryPeakBytes, node.MemoryLimitBytes, node.CpuSeconds)));
        Assert.Equal([32.0, 24.0], job.Nodes.Select(node => node.CpuLimit));
        Assert.Equal(("Finished", 0, null), (job.Reason, job.ExitCode, job.Signal));
        Assert.Equal(("root", "o2wn01", "a-test"), (job.EndedByUser, job.EndedByHost, job.EndedByProgram));
        Assert.True(job.BegunAt <= job.StartedAt && job.StartedAt <= job.EndedAt, $"{job.BegunAt} {job.StartedAt} {job.EndedAt}");
        Assert.Equal(
            ["Survey", "LeasePort", "WriteAccess", "StartContainer", "WaitUntilReady", "StopOnNode"],
            job.Phases.Select(phase => phase.Phase));
        Assert.Empty(_jobs.Records.Warnings);
        Assert.Empty(_jobs.Cluster.Leftovers());
    }

    [Fact]
    public async Task Labels_alone_are_enough_where_the_lease_is_gone()
    {
        await _jobs.StartAsync();
        _jobs.Cluster.Ports.Area.Release("42");
        await _jobs.StopAsync();

        var job = Assert.Single(_jobs.Records.Read());
        Assert.Equal(("lab", 1, "Slurm", "hpc", "debian12"), (job.Cluster, job.RestartCount, job.Scheduler, job.Queue, job.Environment));
        Assert.Equal(("Stopped", 56), (job.Reason, job.TotalSlots));

        // One container does not tell that the job ran on all nodes.
        Assert.Equal((true, null), (job.BegunAt <= job.EndedAt, job.StartedAt));
    }

    [Fact]
    public async Task The_lease_alone_is_enough_where_the_containers_are_gone()
    {
        await _jobs.StartAsync();
        foreach (var engine in JobCluster.NodeNames.Select(_jobs.Cluster.Nodes.EngineOf))
        {
            await engine.RemoveAsync(engine.Containers[0].Id, CancellationToken.None);
        }

        await _jobs.StopAsync();
        var job = Assert.Single(_jobs.Records.Read());
        Assert.Equal(("debian12", 56, "Stopped"), (job.Environment, job.TotalSlots, job.Reason));
        Assert.All(job.Nodes, node => Assert.Null(node.Container));
    }

    [Fact]
    public async Task A_job_of_an_earlier_version_is_written_down_too()
    {
        _jobs.Cluster.Nodes.EngineOf("o2wn01").Add(RecordedContainers.First);
        _jobs.Cluster.Nodes.EngineOf("o2wn02").Add(RecordedContainers.Second);
        await _jobs.StopAsync(end: null, RecordedContainers.JobId);
        var job = Assert.Single(_jobs.Records.Read());
        Assert.Equal(
            ("recorded-4711", "a551e8bc", "debian12", null, null),
            (job.JobId, job.Run, job.Environment, job.Cluster, job.RestartCount));
        Assert.Equal("sha256:918db1875d83799515b1d157d39dc05bf3a026bc0773fc118f19e9f08c2051e5", job.ImageDigest);
    }

    [Fact]
    public async Task A_lease_without_a_job_is_no_run_of_one()
    {
        _jobs.Cluster.Ports.Area.Lease(Ports.TestArea.Request("42") with { Nodes = "o2wn01*32" });
        await _jobs.StopAsync();
        Assert.Empty(_jobs.Records.Files);
    }

    [Fact]
    public async Task A_kill_for_memory_is_told_by_the_counter_of_the_containers_own_group()
    {
        await _jobs.StartAsync();
        _jobs.Cluster.Counters["o2wn02"] = ["cgroup\t/sys/fs/cgroup/c", "kills\t3", "hits\t12", "peak\t67108864", "limit\t67108864"];
        await _jobs.StopAsync(new BatchEnd { ExitCode = 137 });

        var job = Assert.Single(_jobs.Records.Read());
        Assert.Equal(("OutOfMemory", 137), (job.Reason, job.ExitCode));
        Assert.Equal([false, true], job.Nodes.Select(node => node.OutOfMemory));
        Assert.Equal((3L, 12L, 67108864L), (job.Nodes[1].OomKills, job.Nodes[1].MemoryLimitHits, job.Nodes[1].MemoryLimitBytes));
    }

    [Theory]
    [InlineData(false, "Signal")]
    [InlineData(true, "OutOfMemory")]
    public async Task Of_a_container_that_has_ended_the_engine_tells(bool outOfMemory, string reason)
    {
        await _jobs.StartAsync();
        var engine = _jobs.Cluster.Nodes.EngineOf("o2wn02");
        engine.Exit(engine.Containers[0].Id, 137, outOfMemory);
        await _jobs.StopAsync();
        var job = Assert.Single(_jobs.Records.Read());
        Assert.Equal((reason, "Exited", 137), (job.Reason, job.Nodes[1].State, job.Nodes[1].ExitCode));
    }

    [Fact]
    public async Task Evidence_that_cannot_be_gathered_is_missing_and_keeps_nobody_from_stopping()
    {
        await _jobs.StartAsync();
        _jobs.Cluster.Nodes.OnRun = Failing(_jobs.Cluster.Nodes.OnRun);
        await _jobs.StopAsync();
        var job = Assert.Single(_jobs.Records.Read());
        Assert.Equal(("Stopped", "NodeCommandFailed"), (job.Reason, job.Nodes[0].ErrorId));
        Assert.Empty(_jobs.Cluster.Leftovers());
    }

    [Fact]
    public async Task A_node_that_does_not_answer_is_why_and_the_next_stop_writes_no_second_record()
    {
        await _jobs.StartAsync();
        _jobs.Cluster.OnFailure = _ => { };
        _jobs.Cluster.Nodes.FailOn("o2wn02", FakeStep.ConnectEngine, new HpcException(ErrorId.NodeUnreachable, "o2wn02 is down", "o2wn02"));
        await _jobs.StopAsync();
        Assert.Equal("NodeLost", Assert.Single(_jobs.Records.Read(ports: _jobs.Cluster.Ports.Area)).Reason);

        _jobs.Cluster.Nodes.Before("o2wn02", FakeStep.ConnectEngine, _ => Task.CompletedTask);
        await _jobs.StopAsync();
        Assert.Equal("NodeLost", Assert.Single(_jobs.Records.Read()).Reason);
        Assert.Empty(_jobs.Cluster.Leftovers());
    }

    [Fact]
    public async Task A_record_of_a_run_that_lives_is_not_shown()
    {
        await _jobs.StartAsync();
        var run = JobRun.Parse(_jobs.Cluster.Ports.Area.NoteOf(_jobs.Cluster.Ports.Area.Find("42")!))!;
        _jobs.Records.DirectoryAt().Write(TestRecords.Job("42", run.Id));
        _jobs.Records.DirectoryAt().Write(TestRecords.Job("42", "00000001"));
        Assert.Equal(["00000001"], _jobs.Records.Read(ports: _jobs.Cluster.Ports.Area).Select(job => job.Run));
        Assert.Equal(2, _jobs.Records.Read().Count);
    }

    [Fact]
    public async Task The_batch_system_is_asked_beside_the_stop_and_one_that_fails_is_a_warning()
    {
        await _jobs.StartAsync();
        await _jobs.StopAsync(new BatchEnd { ExitCode = 0 }, ask: _ => Task.FromResult<BatchEnd?>(
            new BatchEnd { Outcome = BatchOutcome.TimeLimit, State = "TIMEOUT", Reason = "TimeLimit", RestartCount = 1 }));
        await _jobs.StartAsync();
        await _jobs.StopAsync(new BatchEnd { ExitCode = 3 }, ask: _ => throw new HpcException(ErrorId.BatchSystemFailed, "no controller"));
        await _jobs.StartAsync();
        await _jobs.StopAsync(new BatchEnd { ExitCode = 4 }, ask: async stopping =>
        {
            await Task.Yield();
            throw new HpcException(ErrorId.BatchSystemFailed, "no controller");
        });

        var jobs = _jobs.Records.Read();
        Assert.Equal(["Failed", "Failed", "TimeLimit"], jobs.Select(job => job.Reason).Order());
        Assert.Equal(
            ["The record of job 42 goes without what the batch system knows: no controller"], _jobs.Records.Warnings.Distinct());
        var limited = jobs.Single(job => job.Reason == "TimeLimit");
        Assert.Equal(("TIMEOUT", "TimeLimit"), (limited.BatchState, limited.BatchReason));
    }

    [Fact]
    public async Task What_the_batch_system_says_of_a_later_run_is_not_this_runs_end()
    {
        await _jobs.StartAsync();
        var ofLater = new BatchEnd { Outcome = BatchOutcome.Cancelled, RestartCount = 2 };
        await _jobs.StopAsync(end: null, ask: _ => Task.FromResult<BatchEnd?>(ofLater));
        Assert.Equal("Stopped", Assert.Single(_jobs.Records.Read()).Reason);
    }

    [Fact]
    public async Task A_note_that_the_lease_has_no_room_for_is_a_warning_and_the_former_note_stays()
    {
        await _jobs.StartAsync();
        using (var hold = _jobs.Cluster.Ports.Area.Hold("42", TimeSpan.Zero, CancellationToken.None)!)
        {
            var before = hold.Note!;
            var cleaned = Enumerable.Range(0, 4000).Select(i => new HpcEndedJobNode { Name = $"o2wn{i}", Cgroup = new string('x', 300) });
            _jobs.Records.Recorder.Note(hold, JobRun.Parse(before)! with { Cleaned = [.. cleaned] });
            Assert.Equal(before, hold.Note);
        }

        Assert.StartsWith(
            "What is known of job 42 cannot be noted with its lease; its record may lack it: a port's file does not hold so long a note",
            Assert.Single(_jobs.Records.Warnings),
            StringComparison.Ordinal);
        await _jobs.StopAsync();
        Assert.Equal("debian12", Assert.Single(_jobs.Records.Read()).Environment);
    }

    [Fact]
    public async Task A_directory_that_cannot_be_written_fails_no_start_and_no_stop()
    {
        await _jobs.StartAsync();
        Directory.Delete(_jobs.Records.Path);
        try
        {
            Assert.Equal("Stopped", (await _jobs.StopAsync()).State);
        }
        finally
        {
            Directory.CreateDirectory(_jobs.Records.Path);
        }

        Assert.Empty(_jobs.Cluster.Leftovers());
        Assert.Contains(_jobs.Records.Path, Assert.Single(_jobs.Records.Warnings), StringComparison.Ordinal);
    }

    /// <summary>With a thousand nodes, every further question is a thousand.</summary>
    [Fact]
    public async Task A_stop_asks_a_node_with_a_running_container_once_more_for_the_record_and_a_start_nothing_more()
    {
        var without = await CallsAsync(null);
        var with = await CallsAsync(_jobs.Records.Recorder);
        Assert.Equal(
            without.Append((FakeStep.Run, "Containers/control-groups.sh")).Order(), with.Order());

        async Task<IReadOnlyList<(FakeStep Step, string Subject)>> CallsAsync(JobRecorder? recorder)
        {
            _jobs.Cluster.Recorder = recorder;
            var before = _jobs.Cluster.Nodes.Calls.Count;
            await _jobs.StartAsync();
            await _jobs.StopAsync();
            return
            [
                .. from call in _jobs.Cluster.Nodes.Calls.Skip(before)
                   where call.Node == "o2wn01" && call.Step is not (FakeStep.Connect or FakeStep.ConnectEngine)
                   select (call.Step, call.Step == FakeStep.Run ? ScriptIn(call.Subject) : ""),
            ];
        }
    }

    private static string ScriptIn(string command) => command.Split('\n')[^1].Split(' ').First(word => word.Contains(".sh"));

    private static Func<string, IReadOnlyList<string>, ReadOnlyMemory<byte>, PisaHpc.Nodes.NodeCommandResult> Failing(
        Func<string, IReadOnlyList<string>, ReadOnlyMemory<byte>, PisaHpc.Nodes.NodeCommandResult> others) =>
        (node, arguments, input) => arguments[3] == "Containers/control-groups.sh"
            ? FakeCluster.Result(1, "", "sh: cannot")
            : others(node, arguments, input);
}
