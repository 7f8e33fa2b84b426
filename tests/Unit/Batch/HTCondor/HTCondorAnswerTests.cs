using PisaHpc.Jobs;
using PisaHpc.Sites;

namespace PisaHpc.Unit.Batch.HTCondor;

/// <summary>What counts as an answer to the question for all jobs. By anything else nobody knows which of them live.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class HTCondorAnswerTests : IDisposable
{
    private readonly RecordedHTCondor _condor = new();

    public void Dispose() => _condor.Dispose();

    [Fact]
    public async Task Every_scheduler_of_the_site_is_asked_once_and_an_id_is_its_own_schedulers()
    {
        _condor.Having(RecordedHTCondor.Job(20, 0)).Listing(RecordedHTCondor.Second, RecordedHTCondor.Job(20, 0, ("JobStatus", "1")));
        var census = await _condor.ListAsync();
        Assert.Equal(["sched01@lab ", "sched02.lab "], _condor.Asked);
        Assert.Equal(1, _condor.Questions);
        Assert.Equal(("Running", "Idle"), (census.Find("20.0.sched01_lab")?.State, census.Find("20.0.sched02.lab")?.State));
        Assert.Equal(["20.0.sched01_lab"], census.Running);
        Assert.Equal((RecordedHTCondor.Now, null, null), (census.Time, census.Cluster, census.Remark));
    }

    [Fact]
    public async Task Of_a_scheduler_that_was_not_asked_nothing_is_said()
    {
        var census = await _condor.ListAsync();
        Assert.True(census.IsAbout("20.0.sched01_lab") && census.IsAbout("20.0.sched02.lab"));
        Assert.False(census.IsAbout("20.0.sched03") || census.IsAbout("20.0") || census.IsAbout("20"));
    }

    [Theory]
    [InlineData("-- Failed to fetch ads from: <10.0.0.1:9618> : sched02.lab\n", 1)]
    [InlineData("Error: Collector has no record of schedd/submitter\n", 1)]
    [InlineData("", 1)]
    [InlineData("-- Failed to fetch ads from: <10.0.0.1:9618> : sched02.lab\n", 0)]
    [InlineData("Can't find address of schedd sched02.lab\n", 0)]
    public async Task One_scheduler_that_does_not_answer_makes_all_of_it_no_answer_and_is_named(string words, int code)
    {
        _condor.Having(RecordedHTCondor.Job()).Saying(words, RecordedHTCondor.Second).Ending(code, RecordedHTCondor.Second);
        var failure = await Assert.ThrowsAsync<HpcException>(() => _condor.ListAsync());
        Assert.Equal((ErrorId.BatchSystemFailed, false), (failure.Id, failure.IsLasting));
        Assert.StartsWith("HTCondor's scheduler sched02.lab did not answer on ap1: ", failure.Message, StringComparison.Ordinal);
        Assert.Contains("condor_q -name sched02.lab -totals", failure.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_queue_says_nothing_in_an_old_condor_q_and_its_sum_in_a_new_one()
    {
        Assert.Null((await _condor.ListAsync()).Find("20.0.sched01_lab"));
        _condor.SayingJson("[\n]\n");
        Assert.Null((await _condor.ListAsync()).Find("20.0.sched01_lab"));
        _condor.SayingJson("[\n{\n  \"AllusersJobs\": 0,\n  \"MyType\": \"Summary\"\n}\n]\n");
        Assert.Null((await _condor.ListAsync()).Find("20.0.sched01_lab"));
    }

    [Theory]
    [InlineData("[\n{\n  \"ClusterId\": 4711,\n  \"ProcId\": 5,\n  \"JobStatus\": 2\n}\n")]
    [InlineData("[\n{\n  \"ClusterId\": 47")]
    [InlineData("[\n{\n  \"ClusterId\": 4711\n}\n]\n")]
    [InlineData("[\n{\n  \"ClusterId\": \"4711\",\n  \"ProcId\": 5\n}\n]\n")]
    [InlineData("[\n3\n]\n")]
    [InlineData("{\n}\n")]
    [InlineData("-- Schedd: sched01@lab : <10.0.0.1:9618>\n")]
    public async Task A_list_that_is_cut_or_of_another_form_is_no_answer(string text)
    {
        _condor.SayingJson(text);
        var failure = await Assert.ThrowsAsync<HpcException>(() => _condor.ListAsync());
        Assert.Equal(ErrorId.BatchSystemFailed, failure.Id);
        Assert.StartsWith("HTCondor's scheduler sched01@lab did not answer on ap1: its list ", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>Any user could keep a sweep from all jobs of the site otherwise, or say something of another's.</summary>
    [Theory]
    [InlineData("RemoteHost", "\"o2wn01\\\"\\n},{ \\\"ClusterId\\\": 20, \\\"ProcId\\\": 0, \\\"JobStatus\\\": 4\"")]
    [InlineData("PisaHpcEnvironment", "\"a\\tb|c\\u0000\"")]
    [InlineData("RemoteHost", "\"\\/Expr(error)\\/\"")]
    [InlineData("RequestCpus", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]")]
    [InlineData("JobStatus", "\"4\"")]
    [InlineData("CompletionDate", "1e300")]
    public async Task What_a_user_writes_into_his_job_is_about_his_job_alone(string name, string json)
    {
        _condor.Having(RecordedHTCondor.Job(change: (name, json)), RecordedHTCondor.Job(20, 0));
        var census = await _condor.ListAsync();
        Assert.Equal(("Running", null), (census.Find("20.0.sched01_lab")!.State, census.Find("20.0.sched01_lab")!.EndedAt));
        Assert.Null(census.Find("4711.5.sched01_lab")!.EndedAt);
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, false)]
    [InlineData(4, true)]
    [InlineData(5, false)]
    [InlineData(6, false)]
    [InlineData(7, false)]
    [InlineData(8, false)]
    public async Task A_job_in_the_queue_lives_unless_it_is_completed(int status, bool hasEnded)
    {
        _condor.Having(RecordedHTCondor.Job(change: ("JobStatus", $"{status}")));
        var standing = (await _condor.ListAsync()).Find("4711.5.sched01_lab")!;
        Assert.Equal((hasEnded, hasEnded), (standing.EndedAt is not null, standing.Outcome is not null));
        Assert.Equal(status is 2 or 6 or 7 ? ["o2wn02.pisa.it"] : [], standing.Nodes);
    }

    [Fact]
    public async Task A_job_of_the_parallel_universe_lives_on_nodes_that_nobody_knows()
    {
        var standing = (await _condor.Having(RecordedHTCondor.Job(change: ("JobUniverse", "11"))).ListAsync()).Find("4711.5.sched01_lab")!;
        Assert.Equal(("Running", null), (standing.State, standing.EndedAt));
        Assert.Empty(standing.Nodes);
    }

    [Theory]
    [InlineData("\"deb12\"", "deb12")]
    [InlineData("\"docker-deb12\"", "deb12")]
    [InlineData("\"none\"", null)]
    [InlineData("\"docker-none\"", null)]
    [InlineData("\"deb13\"", null)]
    [InlineData("\"\\/Expr(Owner)\\/\"", null)]
    [InlineData("\"a deb12\"", null)]
    [InlineData("null", null)]
    [InlineData("", null)]
    public async Task Which_environment_a_job_asks_for_is_told_as_the_hooks_read_it(string json, string? environment)
    {
        var site = new HpcSite { Environments = new Dictionary<string, EnvironmentLayer> { ["deb12"] = EnvironmentLayer.Empty } };
        _condor.Having(RecordedHTCondor.Job(change: ("PisaHpcEnvironment", json)));
        var submission = (await _condor.ListAsync()).Find("4711.5.sched01_lab")!.Submission;
        Assert.Equal(environment, submission is null ? null : RequestedEnvironment.Of(submission, site));
        Assert.Equal(submission is null ? null : "hpcuser", submission?.Owner);
    }

    [Fact]
    public async Task What_is_said_beside_a_whole_answer_is_handed_on() => Assert.Equal(
        "condor_q of sched02.lab on ap1: WARNING: old clock",
        (await _condor.Saying("WARNING: old clock\n", RecordedHTCondor.Second).ListAsync()).Remark);
}
