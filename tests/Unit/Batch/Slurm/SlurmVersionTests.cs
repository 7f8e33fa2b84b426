using System.Globalization;
using PisaHpc.Batch;

namespace PisaHpc.Unit.Batch.Slurm;

/// <summary>
/// What Slurms say that are newer than the one that tests can have: 22.05, of which the samples were recorded. The samples of 23.11.11 and
/// 24.11.5 are the same jobs in those versions' fields and order (slurm_sprint_job_info in src/api/job_info.c; since 24.11 _sprint_job_info
/// in src/scontrol/info_job.c), with every line that only they have. They were written and not recorded: what a site's plugins add is not
/// among it. No JSON is read, whose shapes differ from version to version: the text of scontrol and squeue has its fields in all three.
/// </summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class SlurmVersionTests : IDisposable
{
    private const string Row = "20 4001 4001 20 N/A o2wn[01-02]";
    private readonly RecordedSlurm _slurm = new();

    public void Dispose() => _slurm.Dispose();

    [Theory]
    [InlineData("22.05")]
    [InlineData("23.11")]
    [InlineData("24.11")]
    public async Task A_job_is_the_same_object_whichever_version_tells_of_it(string version)
    {
        var allocation = await _slurm.With(Row, "mpi", RecordedSlurm.Sample($"granted-{version}")).AskAsync("20");
        Assert.Equal(("20", "hpc", "o2wn01*32 o2wn02*24", "hpcuser", 0), (
            allocation.JobId, allocation.Queue, allocation.NodeSummary(), allocation.Owner.Name, allocation.RestartCount));
        var job = allocation.Job!;
        Assert.Equal(("RUNNING", null, "docker-deb12"), (job.State, job.Reason, job.Comment));
        Assert.Equal(
            [1795905643L, 1795905644L, 1795906244L],
            [.. ((DateTimeOffset?[])[job.SubmitTime, job.StartTime, job.EndTime]).Select(time => time!.Value.ToUnixTimeSeconds())]);
    }

    [Theory]
    [InlineData("22.05")]
    [InlineData("24.11")]
    public async Task So_is_an_element_of_an_array_with_whatever_its_version_says_of_it(string version)
    {
        _slurm.With("23 4001 4001 23 2 o2wn02", "run.sh", RecordedSlurm.Sample($"element-{version}"), asked: "23_2");
        var allocation = await _slurm.AskAsync("23_2");
        Assert.Equal(("23", "o2wn02*2", null), (allocation.JobId, allocation.NodeSummary(), allocation.Job!.EndTime));
    }

    [Fact]
    public async Task A_job_that_lost_a_node_is_told_with_its_reason_though_the_node_stands_beside_it()
    {
        _slurm.With(Row, "mpi", RecordedSlurm.Sample("lost-24.11"));
        var end = (await _slurm.Client.FindEndAsync("20", CancellationToken.None))!;
        Assert.Equal((BatchOutcome.NodeFailed, "NODE_FAIL", "NodeDown", 1), (end.Outcome, end.State, end.Reason, end.RestartCount));
    }

    [Theory]
    [InlineData("SubmitTime=1795905643", "SubmitTime=N/A")]
    [InlineData("StartTime=1795905644", "StartTime=Unknown")]
    [InlineData("EndTime=1795906244", "EndTime=NONE")]
    [InlineData("NumTasks=56", "NumTasks=N/A")]
    [InlineData("CPUs/Task=1", "CPUs/Task=N/A")]
    [InlineData("Requeue=1", "Levitate=1 Requeue=1")]
    [InlineData("   Partition=", "   HeightAboveGround=2m\n   Partition=")]
    public async Task A_field_that_nobody_knows_or_that_is_not_told_is_no_reason_to_refuse_a_job(string known, string other)
    {
        var record = RecordedSlurm.Sample("granted-24.11").Replace(known, other);
        Assert.Equal(["o2wn01", "o2wn02"], (await _slurm.With(Row, "mpi", record).AskAsync("20")).Nodes.Select(node => node.Name));
    }

    /// <summary>EXPEDITING came with 25.11; a squeue that is older than its slurmctld calls what it does not know <c>?</c>.</summary>
    [Theory]
    [InlineData("EXPEDITING")]
    [InlineData("?")]
    public async Task A_state_that_came_later_is_that_of_a_job_that_lives(string state)
    {
        var standing = (await ListAsync($"20 20 {state} 1795906000 o2wn01\n")).Find("20")!;
        Assert.Equal((state, null), (standing.State, standing.EndedAt));
    }

    /// <summary>Where no length is asked for, squeue cuts it to 31 characters, the bracket with them (src/squeue/print.c).</summary>
    [Fact]
    public async Task The_elements_of_an_array_that_wait_may_be_cut_off()
    {
        var census = await ListAsync("1000001 1000001_[1,3,4,7,9,11,13,15 PENDING N/A \n1000002 1000002 RUNNING NONE o2wn01\n");
        Assert.Equal(("PENDING", "RUNNING"), (census.Find("1000001_4")!.State, census.Find("1000002")!.State));
        Assert.Equal(["1000002"], census.Running);
    }

    [Fact]
    public async Task How_jobs_were_submitted_comes_with_the_same_question_where_it_is_asked_for()
    {
        const string Rows = """
            20 20 RUNNING NONE o2wn01
            30 30+0 RUNNING NONE o2wn01
            31 30+1 RUNNING NONE o2wn02
            41 40_7 RUNNING N/A o2wn02

            """;
        _slurm.Submitted("MARK|20|hpc|hpcuser|(null)\nMARK|30|hpc|hpcuser|a|b\nMARK|31|gpu|hpcuser|\nMARK|41|hpc|other|docker-x\n");
        var census = await _slurm.Listing(Rows).Client.ListJobsInDetailAsync(CancellationToken.None);
        Assert.Equal(["20", "30", "41"], census.Running);
        Assert.Equal(new JobSubmission("hpc", "hpcuser", null), census.Find("20")!.Submission);
        Assert.Equal(new JobSubmission("hpc", "hpcuser", "a|b"), census.Find("30")!.Submission);
        Assert.Equal(new JobSubmission("hpc", "other", "docker-x"), census.Find("40_7")!.Submission);
        Assert.Equal(1, _slurm.Questions);
        Assert.Null((await ListAsync(Rows)).Find("20")!.Submission);
    }

    [Fact]
    public async Task A_comment_that_looks_like_jobs_is_a_comment()
    {
        _slurm.Submitted("MARK|20|hpc|mallory|x\n|21|hpc|hpcuser|docker-x\n0000-0000|21|hpc|u|docker-y\nMARK|21|hpc|hpcuser|(null)\n");
        var census = await _slurm.Listing("20 20 RUNNING NONE o2wn01\n21 21 RUNNING NONE o2wn02\n").Client
            .ListJobsInDetailAsync(CancellationToken.None);
        Assert.Null(census.Find("21")!.Submission!.Request);
        Assert.StartsWith("x\n|21|", census.Find("20")!.Submission!.Request, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_thousand_jobs_are_read_whole()
    {
        string[] states = ["RUNNING", "PENDING", "COMPLETING", "COMPLETED", "EXPEDITING"];
        string[] ids = [.. Enumerable.Range(1, 1000).Select(number => (5_000_000 + number).ToString(CultureInfo.InvariantCulture))];
        string StateOf(string id) => states[int.Parse(id, CultureInfo.InvariantCulture) % states.Length];
        var running = ids.Where(id => StateOf(id) == "RUNNING");
        _slurm.Submitted(string.Concat(running.Select(id => $"MARK|{id}|hpc|hpcuser|run {id}\nof many\n")));
        _slurm.Listing(string.Concat(ids.Select(id => $"{id} {id} {StateOf(id)} 1795906000 o2wn[{id[^2..]}-99]\n")));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var census = await _slurm.Client.ListJobsInDetailAsync(limit.Token);
        Assert.Equal(200, census.Running.Count);
        Assert.All(ids, id => Assert.Equal(StateOf(id), census.Find(id)!.State));
        Assert.All(census.Running, id => Assert.Equal($"run {id}\nof many", census.Find(id)!.Submission!.Request));
        Assert.All(census.Running, id => Assert.Equal(100 - int.Parse(id[^2..], CultureInfo.InvariantCulture), census.Find(id)!.Nodes.Count));
        Assert.Equal(1, _slurm.Questions);
    }

    private Task<JobCensus> ListAsync(string rows) => _slurm.Listing(rows).Client.ListJobsAsync(CancellationToken.None);
}
