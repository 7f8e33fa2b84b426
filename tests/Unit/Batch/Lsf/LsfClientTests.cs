using PisaHpc.Batch;

namespace PisaHpc.Unit.Batch.Lsf;

/// <summary>What LSF says of one job.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class LsfClientTests : IDisposable
{
    private readonly RecordedLsf _lsf = new();

    public void Dispose() => _lsf.Dispose();

    [Fact]
    public async Task A_job_is_its_nodes_with_uneven_slots_and_its_owner_with_all_groups_in_one_question()
    {
        var allocation = await _lsf.Listing(RecordedLsf.Running).AskAsync("4711");
        Assert.Equal(("4711", "Lsf", "normal", null), (allocation.JobId, allocation.Scheduler, allocation.Queue, allocation.Cluster));
        Assert.Equal([new("o2wn01", 32) { Cpus = 32 }, new("o2wn02", 24) { Cpus = 24 }], allocation.Nodes);
        var owner = allocation.Owner;
        Assert.Equal(("hpcuser", 4001u, 4001u, "/home/hpcuser", "/bin/bash"), (owner.Name, owner.Uid, owner.Gid, owner.Home, owner.Shell));
        Assert.Equal([4001u, 5001u, 5002u], owner.Groups);
        Assert.Equal(("4711", 1), (_lsf.Asked, _lsf.Questions));
    }

    [Fact]
    public async Task What_else_is_known_of_it_comes_with_it()
    {
        var job = (await _lsf.Listing(RecordedLsf.Running).AskAsync("4711")).Job!;
        Assert.Equal(("RUN", null, null), (job.State, job.Reason, job.Comment));
        Assert.Equal(["4711"], job.Components);
        Assert.Equal(
            ["2026-11-29 18:10:00Z", "2026-11-29 18:11:00Z", "2026-11-29 20:11:00Z"],
            [.. ((DateTimeOffset?[])[job.SubmitTime, job.StartTime, job.EndTime]).Select(time => $"{time:u}")]);
    }

    [Theory]
    [InlineData("Nov 29 20:11 L", true)]
    [InlineData("Nov 29 20:11 E", false)]
    [InlineData("Nov 29 20:11 X", false)]
    [InlineData("-", false)]
    public async Task An_estimate_is_no_limit(string finish, bool isLimit)
    {
        var allocation = await _lsf.Listing(RecordedLsf.Running.Replace("Nov 29 20:11 L", finish)).AskAsync("4711");
        Assert.Equal(isLimit, allocation.Job!.EndTime is not null);
    }

    [Theory]
    [InlineData("8*o2wn01:4*o2wn02", "o2wn01*8 o2wn02*4")]
    [InlineData("o2wn01:o2wn01:o2wn02", "o2wn01*2 o2wn02*1")]
    [InlineData("2*o2wn01:o2wn02:2*o2wn01", "o2wn01*4 o2wn02*1")]
    [InlineData("16*o2wn01 16*o2wn02", "o2wn[01-02]*16")]
    [InlineData("o2wn01.pisa.it", "o2wn01.pisa.it*1")]
    public async Task Hosts_are_read_in_every_form_that_LSF_writes_them_in(string hosts, string nodes) => Assert.Equal(
        nodes, (await _lsf.Listing(RecordedLsf.Running.Replace("32*o2wn01:24*o2wn02", hosts)).AskAsync("4711")).NodeSummary());

    [Theory]
    [InlineData("4*o2wn01@other")]
    [InlineData("0*o2wn01")]
    [InlineData("4*2*o2wn01")]
    [InlineData("4*")]
    public async Task Hosts_of_another_cluster_and_what_is_no_list_are_an_error(string hosts) => await FailsAsync(
        "4711", ErrorId.InvalidValue, "exec_host of LSF job 4711", RecordedLsf.Running.Replace("32*o2wn01:24*o2wn02", hosts));

    [Theory]
    [InlineData("4711|3|")]
    [InlineData("4711[3]|3|")]
    [InlineData("4711[3]|-|")]
    public async Task An_element_of_an_array_is_a_job_of_its_own(string told)
    {
        var allocation = await _lsf.Listing(RecordedLsf.Running.Replace("4711|0|", told)).AskAsync("4711[3]");
        Assert.Equal(("4711[3]", "4711[3]", "4711[3]"), (allocation.JobId, allocation.Job!.Components[0], _lsf.Asked));
    }

    [Fact]
    public async Task An_array_is_several_jobs_and_the_error_says_how_one_is_named()
    {
        var failure = await FailsAsync(
            "4711", ErrorId.InvalidValue, "LSF job 4711 is an array, of which 2 elements are known",
            RecordedLsf.Running.Replace("4711|0|", "4711|3|"), RecordedLsf.Running.Replace("4711|0|", "4711|4|"));
        Assert.StartsWith("Name an element, as 4711[3]", failure.RecommendedAction, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PEND", "Wait until it runs: bjobs -p '4711'")]
    [InlineData("PSUSP", "Wait until it runs: bjobs -p '4711'")]
    [InlineData("SSUSP", "See it with: bjobs -l '4711'")]
    [InlineData("USUSP", "See it with: bjobs -l '4711'")]
    [InlineData("UNKWN", "See it with: bjobs -l '4711'")]
    [InlineData("ZOMBI", "See it with: bjobs -l '4711'")]
    public async Task A_job_that_does_not_run_has_no_nodes_and_the_error_says_how_it_is(string state, string remedy)
    {
        var failure = await FailsAsync(
            "4711", ErrorId.AllocationNotFound, $"LSF job 4711 has no nodes now: it is {state}.",
            RecordedLsf.Running.Replace("|RUN|", $"|{state}|"));
        Assert.Equal(remedy, failure.RecommendedAction);
    }

    [Fact]
    public async Task Of_one_that_has_ended_it_says_why() => await FailsAsync(
        "4711", ErrorId.AllocationNotFound, "it is EXIT (TERM_OWNER: job killed by owner).",
        "4711|0|EXIT|hpcuser|normal|-|32*o2wn01:24*o2wn02|Nov 29 18:10|Nov 29 18:11|Nov 29 18:12|130|TERM_OWNER: job killed by owner");

    [Theory]
    [InlineData("Job <4711> is not found\n", 255)]
    [InlineData("Job <4711> is not found\n", 0)]
    public async Task A_job_that_it_does_not_know_is_known_by_its_words_and_not_by_an_exit_code(string words, int code)
    {
        _lsf.Listing().Saying(words).Ending(code);
        var failure = await Assert.ThrowsAsync<HpcException>(() => _lsf.AskAsync("4711"));
        Assert.Equal(ErrorId.JobNotFound, failure.Id);
        Assert.StartsWith("LSF knows no job 4711, or does not show it to this user", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Job <471> is not found\n")]
    [InlineData("Job <4711[3]> is not found\n")]
    [InlineData("Job <4711> is not found\nLSF is down. Please wait ...\n")]
    [InlineData("No matching job found\n")]
    [InlineData("No unfinished job found\n")]
    [InlineData("lsb_openjobinfo: host o2wn01 is not found\n")]
    public async Task Words_of_another_job_and_of_anything_else_are_no_answer(string words)
    {
        _lsf.Listing().Saying(words).Ending(255);
        Assert.Equal(ErrorId.BatchSystemFailed, (await Assert.ThrowsAsync<HpcException>(() => _lsf.AskAsync("4711"))).Id);
    }

    [Theory]
    [InlineData("manual-20261129-184030-a1b2c3")]
    [InlineData("20_7")]
    [InlineData("123.server")]
    [InlineData("007")]
    public async Task What_is_none_of_its_ids_is_not_known_and_not_asked_for(string jobId)
    {
        var failure = await Assert.ThrowsAsync<HpcException>(() => _lsf.AskAsync(jobId));
        Assert.Equal((ErrorId.JobNotFound, 0), (failure.Id, _lsf.Questions));
    }

    [Theory]
    [InlineData("DONE", "-", "-", BatchOutcome.Completed, 0)]
    [InlineData("EXIT", "3", "-", BatchOutcome.Failed, 3)]
    [InlineData("EXIT", "-", "-", BatchOutcome.Failed, null)]
    [InlineData("EXIT", "140", "TERM_RUNLIMIT: job killed after reaching LSF run time limit", BatchOutcome.TimeLimit, 140)]
    [InlineData("EXIT", "137", "TERM_MEMLIMIT: job killed after reaching LSF memory usage limit", BatchOutcome.OutOfMemory, 137)]
    [InlineData("EXIT", "130", "TERM_OWNER: job killed by owner", BatchOutcome.Cancelled, 130)]
    [InlineData("EXIT", "130", "TERM_ADMIN: job killed by root or LSF administrator", BatchOutcome.Cancelled, 130)]
    [InlineData("EXIT", "131", "TERM_PREEMPT: job killed after preemption", BatchOutcome.Preempted, 131)]
    [InlineData("EXIT", "131", "TERM_DEADLINE: job killed after deadline expires", BatchOutcome.Deadline, 131)]
    [InlineData("EXIT", "1", "TERM_PRE_EXEC_FAIL: job killed after reaching pre-execution retry limit", BatchOutcome.Failed, 1)]
    [InlineData("EXIT", "1", "TERM_OF_A_LATER_LSF: who knows", BatchOutcome.Failed, 1)]
    [InlineData("POST_DONE", "-", "-", BatchOutcome.Completed, 0)]
    [InlineData("POST_ERR", "7", "-", BatchOutcome.Failed, 7)]
    public async Task A_job_that_ended_says_how(string state, string code, string reason, BatchOutcome outcome, int? exitCode)
    {
        _lsf.Listing($"4711|0|{state}|hpcuser|normal|-|o2wn01|Nov 29 18:10|Nov 29 18:11|Nov 29 18:12|{code}|{reason}");
        var end = (await _lsf.Client.FindEndAsync("4711", CancellationToken.None))!;
        Assert.Equal((outcome, state, exitCode, null), (end.Outcome, end.State, end.ExitCode, end.Signal));
        Assert.Equal(reason is "-" ? null : reason, end.Reason);
    }

    [Theory]
    [InlineData("RUN")]
    [InlineData("PEND")]
    [InlineData("ZOMBI")]
    [InlineData("LEVITATING")]
    public async Task A_job_that_has_not_ended_or_is_in_a_state_that_nobody_knows_has_no_end(string state) => Assert.Null(
        await _lsf.Listing(RecordedLsf.Running.Replace("|RUN|", $"|{state}|")).Client.FindEndAsync("4711", CancellationToken.None));

    [Fact]
    public async Task Its_cluster_is_the_sites_as_in_the_jobs_own_environment()
    {
        _lsf.SiteCluster = RecordedLsf.Cluster;
        Assert.Equal(RecordedLsf.Cluster, (await _lsf.Listing(RecordedLsf.Running).AskAsync("4711")).Cluster);
    }

    [Fact]
    public async Task Another_cluster_than_the_sites_is_not_believed()
    {
        _lsf.SiteCluster = "site";
        await FailsAsync("4711", ErrorId.BatchSystemFailed, "Lsf on login1 answers for cluster lab, and the site's is site", RecordedLsf.Running);
    }

    [Theory]
    [InlineData("bjobs")]
    [InlineData("lsid")]
    public async Task A_host_without_LSFs_programs_is_called_so(string program)
    {
        _lsf.Without(program);
        Assert.True((await FailsAsync("4711", ErrorId.BatchSystemFailed, $"LSF cannot be asked on login1: it has no {program}")).IsLasting);
    }

    [Fact]
    public async Task For_one_job_it_needs_no_more_programs_than_two()
    {
        _lsf.Without("bparams").Without("lsclusters");
        Assert.Equal("4711", (await _lsf.Listing(RecordedLsf.Running).AskAsync("4711")).JobId);
    }

    [Fact]
    public async Task An_owner_that_the_host_does_not_know_is_an_error_unless_he_is_named()
    {
        await FailsAsync("4711", ErrorId.UserNotFound, "User other,", RecordedLsf.Running.Replace("hpcuser", "other"));
        var named = JobOwners.Find("guest:4009:4009");
        Assert.Same(named, (await _lsf.AskAsync("4711", named)).Owner);
    }

    private async Task<HpcException> FailsAsync(string jobId, ErrorId id, string message, params string[] rows)
    {
        _lsf.Listing(rows);
        var failure = await Assert.ThrowsAsync<HpcException>(() => _lsf.AskAsync(jobId));
        Assert.Equal(id, failure.Id);
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
        return failure;
    }
}
