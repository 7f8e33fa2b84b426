using System.Globalization;
using PisaHpc.Batch;
using PisaHpc.Jobs;
using PisaHpc.Sites;

namespace PisaHpc.Unit.Batch.Lsf;

/// <summary>Which jobs LSF knows, and which of them live: whatever is not certain lives.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class LsfJobListTests : IDisposable
{
    private static readonly HpcSite Site = new()
    {
        Environments = new Dictionary<string, EnvironmentLayer> { ["tiny"] = EnvironmentLayer.Empty },
    };

    private readonly RecordedLsf _lsf = new();

    public void Dispose() => _lsf.Dispose();

    [Theory]
    [InlineData("DONE")]
    [InlineData("EXIT")]
    [InlineData("POST_DONE")]
    [InlineData("POST_ERR")]
    public async Task A_job_that_ended_says_when_and_not_before_the_minute_is_over(string state)
    {
        var standing = (await _lsf.ListAsync(Row(state, finish: "Nov 29 18:30"))).Find("20")!;
        Assert.Equal((state, "2026-11-29 18:30:59Z"), (standing.State, $"{standing.EndedAt:u}"));
        Assert.NotNull(standing.Outcome);
    }

    [Theory]
    [InlineData("RUN")]
    [InlineData("PEND")]
    [InlineData("PSUSP")]
    [InlineData("USUSP")]
    [InlineData("SSUSP")]
    [InlineData("UNKWN")]
    [InlineData("WAIT")]
    [InlineData("ZOMBI")]
    [InlineData("PROV")]
    [InlineData("LEVITATING")]
    public async Task Any_other_state_is_that_of_a_job_that_lives(string state)
    {
        var standing = (await _lsf.ListAsync(Row(state, finish: "Nov 29 18:30"))).Find("20")!;
        Assert.Equal((state, null, null), (standing.State, standing.EndedAt, standing.Outcome));
    }

    [Theory]
    [InlineData("-")]
    [InlineData("")]
    [InlineData("29/11/2026 18:30")]
    [InlineData("Feb 30 18:30")]
    public async Task An_end_that_is_not_told_is_none(string finish) =>
        Assert.Null((await _lsf.ListAsync(Row("DONE", finish))).Find("20")!.EndedAt);

    [Fact]
    public async Task A_job_that_it_does_not_list_is_not_known()
    {
        var census = await _lsf.ListAsync(Row("RUN"));
        Assert.Null(census.Find("2"));
        Assert.Null(census.Find("200"));
        Assert.Null(census.Find("20[1]"));
    }

    [Theory]
    [InlineData("RUN", "o2wn01 o2wn02")]
    [InlineData("SSUSP", "")]
    [InlineData("UNKWN", "")]
    [InlineData("DONE", "")]
    public async Task Nodes_are_told_of_a_job_that_has_them_to_use(string state, string nodes)
    {
        var census = await _lsf.ListAsync(Row(state));
        Assert.Equal(nodes, string.Join(' ', census.Find("20")!.Nodes));
        Assert.Equal(nodes.Length > 0 ? ["20"] : [], census.Running);
    }

    [Fact]
    public async Task An_element_of_an_array_is_found_by_its_index_and_the_array_lives_while_one_does()
    {
        var census = await _lsf.ListAsync(Row("DONE", "Nov 29 18:30", index: 1), Row("RUN", index: 2), Row("PEND", hosts: "-", index: 3));
        Assert.Equal(("DONE", "RUN", "PEND"), (census.Find("20[1]")!.State, census.Find("20[2]")!.State, census.Find("20[3]")!.State));
        Assert.NotNull(census.Find("20[1]")!.EndedAt);
        Assert.Equal(("RUN", null, 0), (census.Find("20")!.State, census.Find("20")!.EndedAt, census.Find("20")!.Nodes.Count));
        Assert.Equal(["20[2]"], census.Running);
        Assert.Null(census.Find("20[4]"));
    }

    [Fact]
    public async Task What_runs_of_an_element_nodes_may_name_by_the_arrays_number() =>
        Assert.Equal(["20[2]", "20"], (await _lsf.ListAsync(Row("RUN", index: 2))).Find("20[2]")!.RunsAs);

    [Fact]
    public async Task Hosts_that_cannot_be_read_make_that_job_live_wherever_it_is_and_no_other()
    {
        var census = await _lsf.ListAsync(Row("RUN", hosts: "4*o2wn01@other"), Row("RUN", number: 21, hosts: "o2wn02"));
        Assert.Equal(("RUN", null, 0), (census.Find("20")!.State, census.Find("20")!.EndedAt, census.Find("20")!.Nodes.Count));
        Assert.Equal(["21"], census.Running);
    }

    [Fact]
    public async Task Whose_jobs_they_are_is_told_by_its_cluster_and_when_by_the_clock_of_the_host_that_asked()
    {
        var census = await _lsf.ListAsync(Row("RUN"));
        Assert.Equal((RecordedLsf.Cluster, RecordedLsf.Now), (census.Cluster, census.Time));
    }

    /// <summary>The hooks' application profile is what a Slurm job's comment is: its word for an environment.</summary>
    [Theory]
    [InlineData("docker-tiny", "tiny")]
    [InlineData("fluent", null)]
    [InlineData("-", null)]
    public async Task Which_environment_a_job_has_its_application_profile_says(string profile, string? environment)
    {
        var submission = (await _lsf.ListAsync(Row("RUN", application: profile))).Find("20")!.Submission!;
        Assert.Equal(("normal", "hpcuser"), (submission.Queue, submission.Owner));
        Assert.Equal(environment, RequestedEnvironment.Of(submission, Site));
    }

    [Fact]
    public async Task A_thousand_jobs_are_read_whole_in_one_question()
    {
        string[] rows = [.. Enumerable.Range(1, 1000).Select(number => Row(number % 5 == 0 ? "RUN" : "PEND", number: 5_000_000 + number))];
        var census = await _lsf.ListAsync(rows);
        Assert.Equal((200, 1), (census.Running.Count, _lsf.Questions));
        Assert.All(Enumerable.Range(5_000_001, 1000), number => Assert.NotNull(census.Find(number.ToString(CultureInfo.InvariantCulture))));
    }

    [Theory]
    [InlineData("4711", true)]
    [InlineData("4711[3]", true)]
    [InlineData("4711[0]", false)]
    [InlineData("20_7", false)]
    [InlineData("007", false)]
    [InlineData("hook-071200-0a1b", false)]
    public void Its_own_ids_are_told_from_others(string jobId, bool isIts) =>
        Assert.Equal(isIts, BatchSystems.EvidenceOf(Scheduler.Lsf).IsJobId(jobId));

    private static string Row(
        string state,
        string finish = "Nov 29 18:30",
        int number = 20,
        int index = 0,
        string hosts = "o2wn01:o2wn02",
        string application = "-") =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{number}|{index}|{state}|hpcuser|normal|{application}|{hosts}|Nov 29 18:10|Nov 29 18:11|{finish}|-|-");
}
