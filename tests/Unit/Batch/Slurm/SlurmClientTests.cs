using PisaHpc.Batch;

namespace PisaHpc.Unit.Batch.Slurm;

[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class SlurmClientTests : IDisposable
{
    private const string Forged = "x UserId=root(0) GroupId=root(0) MCS_label=N/A\n   JobState=RUNNING\n   NodeList=o2wn09 Command=";
    private const string Forgotten = "slurm_load_jobs error: Invalid job id specified";
    private const string Row = "20 4001 4001 20 N/A o2wn[01-02]";
    private static readonly string Granted = RecordedSlurm.Sample("granted-22.05");
    private readonly RecordedSlurm _slurm = new();

    public void Dispose() => _slurm.Dispose();

    [Fact]
    public async Task A_job_is_its_nodes_with_uneven_slots_and_its_owner_with_all_groups()
    {
        var allocation = await _slurm.With(Row, "mpi", Granted).AskAsync("20");
        Assert.Equal(("20", "Slurm", "hpc"), (allocation.JobId, allocation.Scheduler, allocation.Queue));
        Assert.Equal(
            [new("o2wn01", 32) { Cpus = 32, MemoryBytes = 2L << 30 }, new("o2wn02", 24) { Cpus = 24, MemoryBytes = 1536L << 20 }],
            allocation.Nodes);
        var owner = allocation.Owner;
        Assert.Equal(("hpcuser", 4001u, 4001u, "/home/hpcuser", "/bin/bash"), (owner.Name, owner.Uid, owner.Gid, owner.Home, owner.Shell));
        Assert.Equal([4001u, 5001u, 5002u], owner.Groups);
    }

    [Fact]
    public async Task What_else_is_known_of_it_comes_with_it_in_one_question()
    {
        var job = (await _slurm.With(Row, "mpi", Granted).AskAsync("20")).Job!;
        Assert.Equal(("RUNNING", null, 0, "docker-deb12"), (job.State, job.Reason, job.RestartCount, job.Comment));
        Assert.Equal(["20"], job.Components);
        Assert.Equal(
            [1795905643L, 1795905644L, 1795906244L],
            [.. ((DateTimeOffset?[])[job.SubmitTime, job.StartTime, job.EndTime]).Select(time => time!.Value.ToUnixTimeSeconds())]);
        Assert.Equal(1, _slurm.Questions);
    }

    /// <summary>Since 23.02 a job's resources are two fields and the power field is gone (src/api/job_info.c).</summary>
    [Fact]
    public async Task A_later_Slurm_writes_the_fields_that_count_alike()
    {
        var later = Granted.Replace("   TRES=", "   ReqTRES=cpu=56,mem=3.50G,node=1,billing=56\n   AllocTRES=").Replace("   Power=\n", "");
        Assert.Equal("o2wn01*32 o2wn02*24", (await _slurm.With(Row, "mpi", later).AskAsync("20")).NodeSummary());
    }

    [Theory]
    [InlineData("Mem=0 ", -1L)]
    [InlineData("", null)]
    public async Task Memory_that_Slurm_does_not_count_is_not_limited_by_it(string said, long? bytes) => Assert.Equal(
        bytes, (await _slurm.With(Row, "mpi", Granted.Replace("Mem=2048 ", said)).AskAsync("20")).Nodes[0].MemoryBytes);

    [Fact]
    public async Task A_primary_group_that_the_job_chose_comes_first()
    {
        var allocation = await _slurm.With("20 4001 5002 20 N/A o2wn[01-02]", "mpi", Granted).AskAsync("20");
        Assert.Equal([5002u, 4001u, 5001u], allocation.Owner.Groups);
    }

    [Fact]
    public async Task A_job_that_was_requeued_says_how_often() => Assert.Equal(
        2, (await _slurm.With(Row, "mpi", Granted.Replace("Restarts=0", "Restarts=2")).AskAsync("20")).Job!.RestartCount);

    [Theory]
    [InlineData("COMPLETED", "None", "0:0", BatchOutcome.Completed, 0, null)]
    [InlineData("FAILED", "NonZeroExitCode", "3:0", BatchOutcome.Failed, 3, null)]
    [InlineData("TIMEOUT", "TimeLimit", "0:0", BatchOutcome.TimeLimit, 0, null)]
    [InlineData("CANCELLED", "None", "0:15", BatchOutcome.Cancelled, 0, 15)]
    [InlineData("NODE_FAIL", "NodeDown", "0:0", BatchOutcome.NodeFailed, 0, null)]
    [InlineData("PREEMPTED", "None", "0:0", BatchOutcome.Preempted, 0, null)]
    [InlineData("OUT_OF_MEMORY", "OutOfMemory", "0:125", BatchOutcome.OutOfMemory, 0, 125)]
    [InlineData("COMPLETING", "TimeLimit", "0:0", BatchOutcome.TimeLimit, 0, null)]
    [InlineData("COMPLETING", "NonZeroExitCode", "1:0", BatchOutcome.Unknown, 1, null)]
    [InlineData("COMPLETING", "None", "0:0", BatchOutcome.Unknown, 0, null)]
    [InlineData("COMPLETING", "None", "0:15", BatchOutcome.Cancelled, 0, 15)]
    [InlineData("COMPLETING", "None", "0:9", BatchOutcome.Cancelled, 0, 9)]
    [InlineData("COMPLETING", "None", "3:0", BatchOutcome.Cancelled, 3, null)]
    [InlineData("COMPLETING", "JobLaunchFailure", "0:15", BatchOutcome.Unknown, 0, 15)]
    [InlineData("COMPLETING", "JobLaunchFailure", "0:9", BatchOutcome.Unknown, 0, 9)]
    [InlineData("COMPLETING", "Prolog", "0:0", BatchOutcome.Cancelled, 0, null)]
    public async Task A_job_that_ended_says_how(string state, string reason, string exit, BatchOutcome outcome, int code, int? signal)
    {
        var record = Granted.Replace("JobState=RUNNING Reason=None", $"JobState={state} Reason={reason}")
            .Replace("Reboot=0 ExitCode=0:0", $"Reboot=0 ExitCode={exit}").Replace("Restarts=0", "Restarts=2");
        var end = (await _slurm.With(Row, "mpi", record).Client.FindEndAsync("20", CancellationToken.None))!;
        Assert.Equal((outcome, state, code, signal, 2), (end.Outcome, end.State, end.ExitCode, end.Signal, end.RestartCount));
    }

    [Theory]
    [InlineData("RUNNING")]
    [InlineData("PENDING")]
    [InlineData("REQUEUED")]
    [InlineData("LEVITATING")]
    public async Task A_job_that_has_not_ended_or_is_in_a_state_that_nobody_knows_has_no_end(string state) => Assert.Null(
        await _slurm.With(Row, "mpi", Granted.Replace("JobState=RUNNING", $"JobState={state}")).Client.FindEndAsync("20", CancellationToken.None));

    [Theory]
    [InlineData("20|TIMEOUT|0:0\n", BatchOutcome.TimeLimit, "TIMEOUT", 0, null, null)]
    [InlineData("20|CANCELLED by 4001|0:15|2\n", BatchOutcome.Cancelled, "CANCELLED", 0, 15, 2)]
    [InlineData("30|NODE_FAIL|1:0\n31|COMPLETED|0:0\n", BatchOutcome.NodeFailed, "NODE_FAIL", 1, null, null)]
    public async Task How_a_job_ended_that_slurmctld_has_forgotten_the_accounting_tells(
        string accounted, BatchOutcome outcome, string state, int code, int? signal, int? restarts)
    {
        var end = (await _slurm.Accounting(accounted).Refusing(Forgotten).Client.FindEndAsync("20", CancellationToken.None))!;
        Assert.Equal(
            (outcome, state, code, signal, restarts), (end.Outcome, end.State, end.ExitCode, end.Signal, end.RestartCount));
    }

    [Theory]
    [InlineData("")]
    [InlineData("20|RUNNING|0:0\n")]
    [InlineData("20|LEVITATED|0:0\n")]
    [InlineData("sacct: error\n")]
    public async Task Where_it_does_not_tell_the_job_is_not_known(string accounted)
    {
        _slurm.Accounting(accounted).Refusing(Forgotten);
        var failure = await Assert.ThrowsAsync<HpcException>(() => _slurm.Client.FindEndAsync("20", CancellationToken.None));
        Assert.Equal(ErrorId.JobNotFound, failure.Id);
    }

    [Fact]
    public async Task Without_an_accounting_it_is_not_known_either_and_sacct_is_not_asked()
    {
        var failure = await Assert.ThrowsAsync<HpcException>(
            () => _slurm.Refusing(Forgotten).Client.FindEndAsync("20", CancellationToken.None));
        Assert.Equal(ErrorId.JobNotFound, failure.Id);
    }

    [Fact]
    public async Task What_the_user_wrote_is_not_taken_for_what_Slurm_says()
    {
        var allocation = await _slurm.With("25 4001 4001 25 N/A o2wn[01-02]", Forged, RecordedSlurm.Sample("forged-22.05")).AskAsync("25");
        Assert.Equal(("hpcuser", "o2wn01*2 o2wn02*1"), (allocation.Owner.Name, allocation.NodeSummary()));
    }

    [Fact]
    public async Task A_record_of_another_name_is_refused() => await FailsAsync(
        _slurm.With("25 4001 4001 25 N/A o2wn[01-02]", "x", RecordedSlurm.Sample("forged-22.05")),
        "25",
        ErrorId.BatchSystemFailed,
        "not of the form");

    [Theory]
    [InlineData("Account=(null)", "Account=x\n   Partition=root", "tells Partition of Slurm job 20 more than once")]
    [InlineData("Account=(null)", "Account=x\n   JobState=RUNNING", "tells JobState of Slurm job 20 more than once")]
    [InlineData("Network=(null)", "Network=x\n     Nodes=o2wn01 CPU_IDs=0-9999", "tells the CPUs of o2wn01 of Slurm job 20 more than once")]
    public async Task Words_of_the_user_s_among_the_facts_are_not_taken_for_Slurms(string own, string forged, string message) =>
        await FailsAsync(_slurm.With(Row, "mpi", Granted.Replace(own, forged)), "20", ErrorId.BatchSystemFailed, message);

    [Theory]
    [InlineData("SQUEUE_USERS", "nobody")]
    [InlineData("SQUEUE_PARTITION", "none")]
    [InlineData("SLURM_CLUSTERS", "other")]
    public async Task The_caller_s_own_choices_hide_no_job(string variable, string value)
    {
        _slurm.Variables[variable] = value;
        Assert.Equal("20", (await _slurm.With(Row, "mpi", Granted).AskAsync("20")).JobId);
    }

    [Fact]
    public async Task An_owner_whose_groups_the_host_cannot_tell_is_an_error()
    {
        _slurm.With(Row, "mpi", Granted).Without("id");
        await FailsAsync(_slurm, "20", ErrorId.UserNotFound, "is not known with his groups");
    }

    [Fact]
    public async Task A_record_of_other_nodes_is_refused() => await FailsAsync(
        _slurm.With("20 4001 4001 20 N/A o2wn[01-03]", "mpi", Granted),
        "20",
        ErrorId.BatchSystemFailed,
        "The nodes of Slurm job 20 are 'o2wn[01-03]' to squeue and 'o2wn[01-02]' to scontrol");

    [Fact]
    public async Task A_heterogeneous_job_is_the_nodes_of_all_its_components()
    {
        var allocation = await Heterogeneous(_slurm).AskAsync("30");
        Assert.Equal(("30", "o2wn01*32 o2wn02*4"), (allocation.JobId, allocation.NodeSummary()));
        Assert.Equal(["30", "31"], allocation.Job!.Components);
    }

    [Fact]
    public async Task A_component_stands_for_the_whole_job()
    {
        _slurm.With("31 4001 4001 31 N/A o2wn02", "lead", RecordedSlurm.Sample("het-second-22.05"))
            .ThenAfterOneQuestion(slurm => Heterogeneous(slurm));
        Assert.Equal(("30", 2), ((await _slurm.AskAsync("31")).JobId, _slurm.Questions));
    }

    [Fact]
    public async Task The_last_element_of_an_array_has_the_arrays_own_number()
    {
        var slurm = _slurm.With("23 4001 4001 23 2 o2wn02", "run.sh", RecordedSlurm.Sample("element-22.05"), asked: "23_2");
        Assert.Equal("23", (await slurm.AskAsync("23_2")).JobId);
    }

    [Fact]
    public async Task Of_an_array_one_element_is_asked_for()
    {
        _slurm.With("23 4001 4001 23 2 o2wn02", "run.sh", "").With("24 4001 4001 23 1 o2wn01", "run.sh", "");
        await FailsAsync(_slurm, "23", ErrorId.InvalidValue, "is an array, of which 2 elements are known");
    }

    [Theory]
    [InlineData("JobState=RUNNING", "JobState=COMPLETED", "it is COMPLETED")]
    [InlineData("JobState=RUNNING Reason=None", "JobState=TIMEOUT Reason=TimeLimit", "it is TIMEOUT (TimeLimit)")]
    [InlineData("JobState=RUNNING", "JobState=COMPLETING", "it is COMPLETING")]
    [InlineData("JobState=RUNNING", "JobState=STAGE_OUT", "it is STAGE_OUT")]
    [InlineData("JobState=RUNNING", "JobState=SUSPENDED", "it is SUSPENDED")]
    public async Task A_job_that_ended_or_does_not_run_has_no_nodes(string now, string then, string message) =>
        await FailsAsync(
            _slurm.With(Row, "mpi", Granted.Replace(now, then)), "20", ErrorId.AllocationNotFound, message);

    [Fact]
    public async Task A_job_that_waits_has_none_yet() => await FailsAsync(
        _slurm.With("26 4001 4001 26 N/A ", "run.sh", RecordedSlurm.Sample("pending-22.05")),
        "26",
        ErrorId.AllocationNotFound,
        "Slurm job 26 has no nodes now: it is PENDING (JobHeldUser).");

    [Theory]
    [InlineData("slurm_load_jobs error: Invalid job id specified", ErrorId.JobNotFound, "Slurm knows no job 7")]
    [InlineData(
        "slurm_load_jobs error: Unable to contact slurm controller (connect failure)",
        ErrorId.BatchSystemFailed,
        "Slurm did not answer on login1: slurm_load_jobs error: Unable to contact slurm controller (connect failure)")]
    public async Task A_refusal_is_told_apart(string words, ErrorId id, string message) =>
        await FailsAsync(_slurm.Refusing(words), "7", id, message);

    [Theory]
    [InlineData("squeue")]
    [InlineData("scontrol")]
    public async Task A_host_without_Slurms_programs_is_called_so(string program) =>
        await FailsAsync(_slurm.Without(program), "7", ErrorId.BatchSystemFailed, $"Slurm cannot be asked on login1: it has no {program}.");

    [Fact]
    public async Task An_owner_that_the_host_does_not_know_is_an_error_unless_he_is_named()
    {
        _slurm.With("20 4009 4009 20 N/A o2wn[01-02]", "mpi", Granted);
        await FailsAsync(_slurm, "20", ErrorId.UserNotFound, "User id 4009");
        var named = JobOwners.Find("guest:4009:4009");
        Assert.Same(named, (await _slurm.AskAsync("20", named)).Owner);
    }

    [Fact]
    public void Another_batch_system_is_not_asked_and_the_error_says_which_are()
    {
        var failure = Assert.Throws<HpcException>(() => BatchSystems.On(_slurm, Scheduler.Pbs));
        Assert.Equal(ErrorId.PlatformNotSupported, failure.Id);
        Assert.Equal("Jobs of Pbs cannot be asked for by their id: Slurm, Lsf and HTCondor are the batch systems that are asked.", failure.Message);
    }

    private static RecordedSlurm Heterogeneous(RecordedSlurm slurm) => slurm
        .With("30 4001 4001 30 N/A o2wn01", "lead\nlead", RecordedSlurm.Sample("het-first-22.05"))
        .With("31 4001 4001 31 N/A o2wn02", "lead", RecordedSlurm.Sample("het-second-22.05"));

    private static async Task FailsAsync(RecordedSlurm slurm, string jobId, ErrorId id, string message)
    {
        var failure = await Assert.ThrowsAsync<HpcException>(() => slurm.AskAsync(jobId));
        Assert.Equal(id, failure.Id);
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
    }
}
