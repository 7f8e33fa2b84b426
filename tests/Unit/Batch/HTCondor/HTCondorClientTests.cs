using PisaHpc.Batch;

namespace PisaHpc.Unit.Batch.HTCondor;

/// <summary>What HTCondor says of one job.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class HTCondorClientTests : IDisposable
{
    private const string Id = "4711.5.sched01_lab";

    private readonly RecordedHTCondor _condor = new();

    public void Dispose() => _condor.Dispose();

    [Fact]
    public async Task A_job_is_its_slot_and_its_owner_with_all_groups_and_its_own_scheduler_alone_is_asked_once()
    {
        var allocation = await _condor.Having(RecordedHTCondor.Job()).AskAsync(Id);
        Assert.Equal((Id, "HTCondor", null, null), (allocation.JobId, allocation.Scheduler, allocation.Queue, allocation.RestartCount));
        Assert.Equal([new("o2wn02.pisa.it", 8) { Cpus = 8, MemoryBytes = 2L << 30 }], allocation.Nodes);
        var owner = allocation.Owner;
        Assert.Equal(("hpcuser", 4001u, 4001u, "/home/hpcuser", "/bin/bash"), (owner.Name, owner.Uid, owner.Gid, owner.Home, owner.Shell));
        Assert.Equal([4001u, 5001u, 5002u], owner.Groups);
        Assert.Equal("sched01@lab 4711.5", Assert.Single(_condor.Asked));
        Assert.Equal(1, _condor.Questions);
    }

    [Fact]
    public async Task What_else_is_known_of_it_comes_with_it()
    {
        var job = (await _condor.Having(RecordedHTCondor.Job()).AskAsync(Id)).Job!;
        Assert.Equal(("Running", null, Id, null), (job.State, job.Reason, Assert.Single(job.Components), job.EndTime));
        Assert.Equal((1795975800, 1795975860), (job.SubmitTime?.ToUnixTimeSeconds(), job.StartTime?.ToUnixTimeSeconds()));
    }

    [Theory]
    [InlineData("slot1@o2wn02", "o2wn02")]
    [InlineData("slot1_1@second@o2wn02", "o2wn02")]
    [InlineData("o2wn02", "o2wn02")]
    public async Task A_slots_machine_is_behind_its_last_at(string slot, string machine) => Assert.Equal(
        machine, Assert.Single((await _condor.Having(RecordedHTCondor.Job(change: ("RemoteHost", $"\"{slot}\""))).AskAsync(Id)).Nodes).Name);

    [Theory]
    [InlineData("", "4", 4)]
    [InlineData("", "2.9", 2)]
    [InlineData("\"\\/Expr(ifThenElse(true,1,2))\\/\"", "3", 3)]
    public async Task CPUs_are_what_the_slot_has_or_else_what_was_asked_for(string provisioned, string requested, int cpus) => Assert.Equal(
        cpus,
        Assert.Single((await _condor.Having(
            RecordedHTCondor.Job(change: [("CpusProvisioned", provisioned), ("RequestCpus", requested)])).AskAsync(Id)).Nodes).Slots);

    [Theory]
    [InlineData("0")]
    [InlineData("0.5")]
    [InlineData("-1")]
    [InlineData("\"\\/Expr(TARGET.Cpus)\\/\"")]
    public async Task CPUs_that_are_no_whole_number_are_an_error(string cpus) => await FailsAsync(
        Id, ErrorId.InvalidValue, "says with no number how many CPUs its slot on o2wn02.pisa.it has",
        RecordedHTCondor.Job(change: [("CpusProvisioned", cpus), ("RequestCpus", cpus)]));

    [Theory]
    [InlineData(11, "parallel")]
    [InlineData(7, "scheduler")]
    [InlineData(12, "local")]
    [InlineData(9, "grid")]
    [InlineData(99, "99")]
    public async Task A_job_of_another_universe_is_refused_by_its_name_with_what_can_be_done(int universe, string name)
    {
        var failure = await FailsAsync(
            Id, ErrorId.AllocationNotFound, $"HTCondor job {Id} is of the {name} universe", RecordedHTCondor.Job(change: ("JobUniverse", $"{universe}")));
        Assert.StartsWith("Submit it with 'universe = vanilla'; or make the allocation by hand", failure.RecommendedAction, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1", "Idle")]
    [InlineData("3", "Removed (via condor_rm)")]
    [InlineData("4", "Completed")]
    [InlineData("5", "Held (no file)")]
    [InlineData("12", "JobStatus 12")]
    public async Task A_job_that_does_not_run_has_no_machine_and_the_error_says_how_it_is(string status, string state) => await FailsAsync(
        Id, ErrorId.AllocationNotFound, $"HTCondor job {Id} has no machine now: it is {state}.",
        RecordedHTCondor.Job(change: [("JobStatus", status), ("HoldReason", "\"no file\""), ("RemoveReason", "\"via condor_rm\"")]));

    [Theory]
    [InlineData("\"\"")]
    [InlineData("\"slot1@-o2wn02\"")]
    [InlineData("\"slot1@o2wn02 o2wn03\"")]
    [InlineData("\"\\/Expr(strcat(\\\"a\\\"))\\/\"")]
    public async Task A_machine_that_is_no_hosts_name_is_none(string remote) => await FailsAsync(
        Id, ErrorId.AllocationNotFound, "has no machine now: it is Running.", RecordedHTCondor.Job(change: ("RemoteHost", remote)));

    [Fact]
    public async Task Of_one_scheduler_alone_a_jobs_id_needs_not_name_it_and_of_several_the_error_names_them()
    {
        var failure = await FailsAsync("4711.5", ErrorId.InvalidValue, "Job 4711.5 may be any of 2 schedulers'", RecordedHTCondor.Job());
        Assert.Equal("Name it with its scheduler: 4711.5.sched01_lab, 4711.5.sched02.lab", failure.RecommendedAction);
        _condor.Schedulers = [RecordedHTCondor.First];
        Assert.Equal(Id, (await _condor.AskAsync("4711.5")).JobId);
    }

    [Theory]
    [InlineData("4711.6.sched01_lab", "HTCondor's scheduler sched01@lab has no job 4711.6 in its queue", 1)]
    [InlineData("4711.5.sched03", "HTCondor job 4711.5.sched03 is of scheduler sched03, which is not asked: the site has sched01_lab, sched02.lab.", 0)]
    [InlineData("4711", "HTCondor has no job 4711: its ids are a cluster, a process and their scheduler.", 0)]
    [InlineData("4711[5]", "HTCondor has no job 4711[5]", 0)]
    [InlineData("0.1.sched02.lab", "HTCondor has no job 0.1.sched02.lab", 0)]
    public async Task A_job_that_is_not_known_is_told_from_one_that_is_not_asked_for(string jobId, string message, int questions)
    {
        await FailsAsync(jobId, ErrorId.JobNotFound, message, RecordedHTCondor.Job());
        Assert.Equal(questions, _condor.Questions);
    }

    [Fact]
    public async Task A_site_that_names_no_scheduler_is_told_so()
    {
        _condor.Schedulers = [];
        Assert.True((await FailsAsync(Id, ErrorId.BatchSystemFailed, "names none of its schedulers")).IsLasting);
    }

    [Theory]
    [InlineData("condor_q")]
    [InlineData("base64")]
    public async Task A_host_without_the_programs_is_called_so(string program)
    {
        _condor.Without(program);
        Assert.True((await FailsAsync(Id, ErrorId.BatchSystemFailed, $"HTCondor cannot be asked on ap1: it has no {program}")).IsLasting);
    }

    [Fact]
    public async Task An_owner_that_the_host_does_not_know_is_an_error_unless_he_is_named()
    {
        await FailsAsync(Id, ErrorId.UserNotFound, "User other,", RecordedHTCondor.Job(change: ("Owner", "\"other\"")));
        var named = JobOwners.Find("guest:4009:4009");
        Assert.Same(named, (await _condor.AskAsync(Id, named)).Owner);
    }

    [Fact]
    public async Task An_owners_domain_is_none_of_his_name() => Assert.Equal(
        "hpcuser", (await _condor.Having(RecordedHTCondor.Job(change: ("Owner", "\"hpcuser@pisa.it\""))).AskAsync(Id)).Owner.Name);

    [Fact]
    public async Task As_root_no_variable_of_a_callers_says_which_HTCondor_is_asked()
    {
        _condor.Having(RecordedHTCondor.Job()).Variables["CONDOR_CONFIG"] = "/home/hpcuser/config";
        _condor.Variables["_CONDOR_COLLECTOR_HOST"] = "evil";
        Assert.Equal(Id, (await _condor.AskAsync(Id)).JobId);
        _condor.Variables["ASKING_UID"] = "4001";
        await Assert.ThrowsAsync<HpcException>(() => _condor.AskAsync(Id));
    }

    [Theory]
    [InlineData("4", "false", "0", BatchOutcome.Completed, 0, null)]
    [InlineData("4", "false", "3", BatchOutcome.Failed, 3, null)]
    [InlineData("4", "true", "", BatchOutcome.Failed, null, 9)]
    [InlineData("3", "", "", BatchOutcome.Cancelled, null, null)]
    public async Task How_a_job_ended_is_in_the_history(
        string status, string bySignal, string code, BatchOutcome outcome, int? exitCode, int? signal)
    {
        _condor.Remembering(RecordedHTCondor.First, RecordedHTCondor.Job(change:
            [("JobStatus", status), ("ExitBySignal", bySignal), ("ExitCode", code), ("ExitSignal", "9"), ("RemoveReason", "\"via condor_rm\"")]));
        var end = (await _condor.Client.FindEndAsync(Id, CancellationToken.None))!;
        Assert.Equal((outcome, exitCode, signal), (end.Outcome, end.ExitCode, end.Signal));
        Assert.Equal(status is "3" ? "via condor_rm" : null, end.Reason);
    }

    [Fact]
    public async Task A_job_that_is_in_the_queue_yet_has_no_end_unless_it_is_completed()
    {
        Assert.Null(await EndAsync("2"));
        Assert.Null(await EndAsync("3"));
        Assert.Equal(BatchOutcome.Completed, (await EndAsync("4"))?.Outcome);
        Assert.Equal(ErrorId.JobNotFound, (await Assert.ThrowsAsync<HpcException>(
            () => _condor.Having().Remembering(RecordedHTCondor.First).Client.FindEndAsync(Id, CancellationToken.None))).Id);
    }

    private Task<BatchEnd?> EndAsync(string status) => _condor.Having(RecordedHTCondor.Job(change: ("JobStatus", status)))
        .Remembering(RecordedHTCondor.First, RecordedHTCondor.Job(change: [("JobStatus", "4"), ("ExitCode", "1")]))
        .Client.FindEndAsync(Id, CancellationToken.None);

    private async Task<HpcException> FailsAsync(string jobId, ErrorId id, string message, params string[] jobs)
    {
        _condor.Having(jobs);
        var failure = await Assert.ThrowsAsync<HpcException>(() => _condor.AskAsync(jobId));
        Assert.Equal(id, failure.Id);
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
        return failure;
    }
}
