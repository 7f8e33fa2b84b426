using PisaHpc.Batch;

namespace PisaHpc.Unit.Batch.Slurm;

/// <summary>Which jobs Slurm knows, and which of them live: whatever is not certain lives.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class SlurmQueueTests : IDisposable
{
    private const long End = RecordedSlurm.Now - 300;
    private readonly RecordedSlurm _slurm = new();

    public void Dispose() => _slurm.Dispose();

    [Theory]
    [InlineData("BOOT_FAIL", BatchOutcome.NodeFailed)]
    [InlineData("CANCELLED", BatchOutcome.Cancelled)]
    [InlineData("COMPLETED", BatchOutcome.Completed)]
    [InlineData("DEADLINE", BatchOutcome.Deadline)]
    [InlineData("FAILED", BatchOutcome.Failed)]
    [InlineData("NODE_FAIL", BatchOutcome.NodeFailed)]
    [InlineData("OUT_OF_MEMORY", BatchOutcome.OutOfMemory)]
    [InlineData("PREEMPTED", BatchOutcome.Preempted)]
    [InlineData("TIMEOUT", BatchOutcome.TimeLimit)]
    public async Task A_job_that_ended_says_when_by_the_clock_of_the_host_that_asked(string state, BatchOutcome outcome)
    {
        var census = await ListAsync($"20 20 {state} {End} o2wn[01-02]\n");
        Assert.Equal((state, DateTimeOffset.FromUnixTimeSeconds(End)), (census.Find("20")!.State, census.Find("20")!.EndedAt));
        Assert.Equal(outcome, census.Find("20")!.Outcome);
        Assert.Equal(RecordedSlurm.Now, census.Time.ToUnixTimeSeconds());
    }

    [Theory]
    [InlineData("PENDING")]
    [InlineData("RUNNING")]
    [InlineData("SUSPENDED")]
    [InlineData("COMPLETING")]
    [InlineData("CONFIGURING")]
    [InlineData("STAGE_OUT")]
    [InlineData("REQUEUED")]
    [InlineData("REQUEUE_HOLD")]
    [InlineData("SPECIAL_EXIT")]
    [InlineData("RESV_DEL_HOLD")]
    [InlineData("REVOKED")]
    [InlineData("HIBERNATING")]
    public async Task Any_other_state_is_that_of_a_job_that_lives(string state)
    {
        var standing = (await ListAsync($"20 20 {state} {End} o2wn[01-02]\n")).Find("20")!;
        Assert.Equal((state, null, null), (standing.State, standing.EndedAt, standing.Outcome));
    }

    [Theory]
    [InlineData("N/A")]
    [InlineData("Unknown")]
    [InlineData("2026-11-29T07:12:00")]
    public async Task An_end_that_is_not_told_is_none(string end) =>
        Assert.Null((await ListAsync($"20 20 COMPLETED {end} o2wn01\n")).Find("20")!.EndedAt);

    [Fact]
    public async Task A_job_that_it_does_not_list_is_not_known()
    {
        var census = await ListAsync($"20 20 RUNNING {End} o2wn01\n");
        Assert.Null(census.Find("2"));
        Assert.Null(census.Find("200"));
        Assert.Null(census.Find("20_1"));
        Assert.Null((await ListAsync("")).Find("20"));
    }

    [Theory]
    [InlineData("RUNNING", "o2wn01 o2wn02")]
    [InlineData("COMPLETING", "")]
    [InlineData("RESIZING", "")]
    public async Task Nodes_are_told_where_the_list_of_them_is_whole(string state, string nodes) =>
        Assert.Equal(nodes, string.Join(' ', (await ListAsync($"20 20 {state} {End} o2wn[01-02]\n")).Find("20")!.Nodes));

    [Fact]
    public async Task A_heterogeneous_job_is_all_of_its_components_under_the_first_ones_id()
    {
        var census = await ListAsync($"30 30+0 RUNNING N/A o2wn01\n31 30+1 RUNNING N/A o2wn[02-03]\n32 32 PENDING N/A \n");
        Assert.Equal(["o2wn01", "o2wn02", "o2wn03"], census.Find("30")!.Nodes);
        Assert.Equal(["o2wn02", "o2wn03"], census.Find("31")!.Nodes);
    }

    [Fact]
    public async Task It_lives_as_long_as_one_of_them_does()
    {
        var standing = (await ListAsync($"30 30+0 COMPLETED {End} o2wn01\n31 30+1 RUNNING N/A o2wn02\n")).Find("30")!;
        Assert.Equal(("RUNNING", null, 0), (standing.State, standing.EndedAt, standing.Nodes.Count));
    }

    [Fact]
    public async Task An_element_of_an_array_is_found_by_its_raw_id_and_by_its_place()
    {
        var census = await ListAsync($"21 20_1 RUNNING N/A o2wn01\n22 20_2 FAILED {End} o2wn02\n20 20_[3-9%2] PENDING N/A \n");
        Assert.Equal("RUNNING", census.Find("21")!.State);
        Assert.Equal("RUNNING", census.Find("20_1")!.State);
        Assert.Equal("FAILED", census.Find("20_2")!.State);
        Assert.Equal("PENDING", census.Find("20_7")!.State);
        Assert.Equal("PENDING", census.Find("20")!.State);
    }

    [Theory]
    [InlineData("20 20 RUNNING N/A o2wn01\nsomething else\n")]
    [InlineData("20 20 RUNNING N/A o2wn01 and more\n")]
    [InlineData("20 20 RUNNING\n")]
    [InlineData("20 20 running N/A o2wn01\n")]
    [InlineData("20 x RUNNING N/A o2wn01\n")]
    [InlineData("20 20 RUNNING N/A o2wn01\n\n21 21 RUNNING N/A o2wn01\n")]
    [InlineData("JOBID JOBID STATE END_TIME NODELIST\n")]
    public async Task A_line_that_is_no_jobs_makes_all_of_it_no_answer(string rows)
    {
        var failure = await Assert.ThrowsAsync<HpcException>(() => ListAsync(rows));
        Assert.Equal(ErrorId.BatchSystemFailed, failure.Id);
        Assert.Contains("is not of the form that is known", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("20 20 RUNNING N/A o2wn01\nsomething else\n", "'something else'")]
    [InlineData("20 20 RUNNING\nx\n", "'20 20 RUNNING'")]
    public async Task The_first_such_line_is_shown_and_it_will_be_there_the_next_time(string rows, string shown)
    {
        var failure = await Assert.ThrowsAsync<HpcException>(() => ListAsync(rows));
        Assert.EndsWith($"the first other one is {shown}.", failure.Message, StringComparison.Ordinal);
        Assert.True(failure.IsLasting);
    }

    [Fact]
    public async Task What_squeue_says_beside_is_no_line_of_its_answer_and_is_passed_on()
    {
        _slurm.Saying("squeue: error: the option is deprecated\nsqueue: slow down\n");
        var census = await ListAsync("20 20 RUNNING N/A o2wn01\n");
        Assert.NotNull(census.Find("20"));
        Assert.Contains("squeue: error: the option is deprecated", census.Remark, StringComparison.Ordinal);
        Assert.StartsWith("squeue on login1: ", census.Remark, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nodes_that_are_no_host_list_make_that_job_live_wherever_it_is_and_no_other()
    {
        var census = await ListAsync($"20 20 RUNNING N/A o2wn[01-\n21 21 RUNNING N/A o2wn02\n");
        Assert.Equal(("RUNNING", null, 0), (census.Find("20")!.State, census.Find("20")!.EndedAt, census.Find("20")!.Nodes.Count));
        Assert.Equal(["o2wn02"], census.Find("21")!.Nodes);
    }

    [Fact]
    public async Task Whose_jobs_they_are_is_told_by_Slurms_own_name_of_its_cluster() =>
        Assert.Equal(RecordedSlurm.Cluster, (await ListAsync("")).Cluster);

    [Fact]
    public async Task A_caller_who_uses_another_cluster_is_told_of_this_one_all_the_same()
    {
        _slurm.Variables["SLURM_CONF"] = "/etc/other/slurm.conf";
        Assert.NotNull((await ListAsync("20 20 RUNNING N/A o2wn01\n")).Find("20"));
    }

    [Fact]
    public async Task A_job_is_found_on_nodes_by_the_ids_of_its_components()
    {
        var census = await ListAsync("30 30+0 RUNNING N/A o2wn01\n31 30+1 RUNNING N/A o2wn02\n");
        Assert.Equal(["30", "31"], census.Find("30")!.RunsAs);
    }

    [Theory]
    [InlineData("slurm_load_jobs error: Unable to contact slurm controller (connect failure)")]
    [InlineData("slurm_load_jobs error: Invalid job id specified")]
    public async Task A_refusal_is_an_error_with_Slurms_own_words(string words)
    {
        _slurm.Refusing(words);
        var failure = await Assert.ThrowsAsync<HpcException>(() => _slurm.Client.ListJobsAsync(CancellationToken.None));
        Assert.Equal((ErrorId.BatchSystemFailed, $"Slurm did not answer on login1: {words}"), (failure.Id, failure.Message));
    }

    [Fact]
    public async Task A_host_without_Slurm_is_called_so()
    {
        _slurm.Without("squeue");
        var failure = await Assert.ThrowsAsync<HpcException>(() => _slurm.Client.ListJobsAsync(CancellationToken.None));
        Assert.Equal("Slurm cannot be asked on login1: it has no squeue.", failure.Message);
    }

    [Theory]
    [InlineData("PrivateData             = none\n", false)]
    [InlineData("PrivateData             = accounts,usage\n", false)]
    [InlineData("PrivateData             = accounts,jobs\n", true)]
    [InlineData("PrivateData             = all\n", true)]
    [InlineData("", true)]
    public async Task To_a_user_who_may_see_his_own_jobs_alone_the_others_are_not_unknown(string configuration, bool isRefused)
    {
        _slurm.AskedByUser(configuration);
        if (isRefused)
        {
            var failure = await Assert.ThrowsAsync<HpcException>(() => ListAsync("20 20 RUNNING N/A o2wn01\n"));
            Assert.Contains("shows hpcuser on login1 his own jobs alone", failure.Message, StringComparison.Ordinal);
        }
        else
        {
            Assert.NotNull((await ListAsync("20 20 RUNNING N/A o2wn01\n")).Find("20"));
        }
    }

    [Theory]
    [InlineData("1000001", true)]
    [InlineData("20_7", true)]
    [InlineData("hook-071200-0a1b", false)]
    [InlineData("1234[5]", false)]
    [InlineData("007", false)]
    [InlineData("123.server", false)]
    public void Its_own_ids_are_told_from_others(string jobId, bool isIts) =>
        Assert.Equal(isIts, BatchSystems.EvidenceOf(Scheduler.Slurm).IsJobId(jobId));

    [Theory]
    [InlineData(Scheduler.Pbs)]
    [InlineData(Scheduler.Manual)]
    public void Of_another_batch_system_nothing_can_be_told(Scheduler other) =>
        Assert.Equal(ErrorId.PlatformNotSupported, Assert.Throws<HpcException>(() => BatchSystems.EvidenceOf(other)).Id);

    private Task<JobCensus> ListAsync(string rows) => _slurm.Listing(rows).Client.ListJobsAsync(CancellationToken.None);
}
