using System.Globalization;

namespace PisaHpc.Unit.Batch.Lsf;

/// <summary>What counts as an answer of LSF's to the question for all jobs. By anything else nobody knows which of them live.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class LsfAnswerTests : IDisposable
{
    private readonly RecordedLsf _lsf = new();

    public void Dispose() => _lsf.Dispose();

    [Theory]
    [InlineData("Nov 29 18:45", true)]
    [InlineData("Nov 29 18:46", false)]
    [InlineData("Nov 29 19:30", false)]
    [InlineData("Sun Nov 29 19:30:00 2026", false)]
    [InlineData("Wed Nov 29 19:30:00 2028", false)]
    public async Task An_end_that_is_to_come_is_of_another_zone_and_makes_all_of_it_no_answer(string finish, bool isTold)
    {
        var asked = _lsf.ListAsync(Row("RUN", finish: "Nov 29 20:00"), Row("DONE", finish, number: 21));
        if (isTold)
        {
            Assert.NotNull((await asked).Find("21")!.EndedAt);
        }
        else
        {
            var failure = await Assert.ThrowsAsync<HpcException>(() => asked);
            Assert.Equal((ErrorId.BatchSystemFailed, true), (failure.Id, failure.IsLasting));
            Assert.StartsWith("bjobs on login1 says that job 21 ended at ", failure.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("No job found\n", 255)]
    [InlineData("No job found\n", 0)]
    [InlineData("No matching job found\n", 255)]
    [InlineData("No job found.\n", 255)]
    public async Task That_there_is_no_job_at_all_is_an_answer(string words, int code)
    {
        var census = await _lsf.Listing().Saying(words).Ending(code).Client.ListJobsAsync(CancellationToken.None);
        Assert.Null(census.Find("20"));
        Assert.Null(census.Remark);
    }

    [Theory]
    [InlineData("something else")]
    [InlineData("JOBID|JOBINDEX|STAT|USER|QUEUE|APP|EXEC_HOST|SUBMIT_TIME|START_TIME|FINISH_TIME|EXIT_CODE|EXIT_REASON")]
    [InlineData("20|0|RUN|hpcuser|normal|-|o2wn01")]
    [InlineData("20|x|RUN|hpcuser|normal|-|o2wn01|-|-|-|-|-")]
    [InlineData("20|0|run|hpcuser|normal|-|o2wn01|-|-|-|-|-")]
    [InlineData("20|0|RUN||normal|-|o2wn01|-|-|-|-|-")]
    [InlineData("20[3]|0|RUN|hpcuser|normal|-|o2wn01|-|-|-|-|-")]
    [InlineData("20[3]|4|RUN|hpcuser|normal|-|o2wn01|-|-|-|-|-")]
    [InlineData("")]
    public async Task A_line_that_is_no_jobs_makes_all_of_it_no_answer(string line)
    {
        var failure = await Assert.ThrowsAsync<HpcException>(() => _lsf.ListAsync(Row("RUN"), line, Row("RUN", number: 21)));
        Assert.Equal((ErrorId.BatchSystemFailed, true), (failure.Id, failure.IsLasting));
        Assert.Contains("is not of the form that is known: 3 lines, of which 2 are jobs", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_bjobs_says_beside_is_passed_on()
    {
        var census = await _lsf.Listing(Row("RUN")).Saying("a field is deprecated\n").Client.ListJobsAsync(CancellationToken.None);
        Assert.Equal(("RUN", "bjobs on login1: a field is deprecated"), (census.Find("20")!.State, census.Remark));
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("", 255)]
    [InlineData("Failed in an LSF library call: Master LIM is down; try later\n", 255)]
    [InlineData("batch system daemon not responding ... still trying\n", 255)]
    [InlineData("No unfinished job found\n", 255)]
    [InlineData("No job found in cluster lab\n", 255)]
    [InlineData("Job <20> is not found\n", 255)]
    [InlineData("lsb_openjobinfo: the key is not found\n", 255)]
    public async Task Nothing_listed_and_no_word_that_there_is_no_job_is_no_answer(string words, int code)
    {
        var failure = await Assert.ThrowsAsync<HpcException>(
            () => _lsf.Listing().Saying(words).Ending(code).Client.ListJobsAsync(CancellationToken.None));
        Assert.Equal(ErrorId.BatchSystemFailed, failure.Id);
        Assert.StartsWith("LSF did not answer on login1: ", failure.Message, StringComparison.Ordinal);
        Assert.Contains(words.Length > 0 ? words.Trim() : $"bjobs ended with {code}", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", 143)]
    [InlineData("", 255)]
    [InlineData("lsb_readjobinfo: Communication time out\n", 255)]
    [InlineData("lsb_readjobinfo: Communication time out\n", 0)]
    [InlineData("LSF is down. Please wait ...\n", 0)]
    [InlineData("No job found\n", 255)]
    public async Task A_list_that_ends_in_a_failure_is_no_whole_one(string words, int code)
    {
        var failure = await Assert.ThrowsAsync<HpcException>(
            () => _lsf.Listing(Row("RUN")).Saying(words).Ending(code).Client.ListJobsAsync(CancellationToken.None));
        Assert.Equal(ErrorId.BatchSystemFailed, failure.Id);
        Assert.Contains($"bjobs ended with {code} after a list of 1: {words.Trim()}", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lsid")]
    [InlineData("bparams")]
    public async Task A_refusal_of_any_of_its_programs_is_one(string program)
    {
        _lsf.Refusing(program, "ls_getclustername(): LIM is down");
        var failure = await Assert.ThrowsAsync<HpcException>(() => _lsf.ListAsync(Row("RUN")));
        Assert.Equal("LSF did not answer on login1: ls_getclustername(): LIM is down", failure.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Default Queues:  normal\nMAX_JOB_NUM:  1000\n")]
    [InlineData("lsb.params is not to be read\n")]
    public async Task Without_its_parameters_nobody_knows_whether_it_hides_jobs(string parameters)
    {
        _lsf.SayingOfParameters(parameters);
        var failure = await Assert.ThrowsAsync<HpcException>(() => _lsf.ListAsync(Row("RUN")));
        Assert.StartsWith("LSF did not answer on login1: bparams -a lists no parameter", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "root", true)]
    [InlineData("  SECURE_JOB_INFO_LEVEL = 0\n", "root", true)]
    [InlineData("SECURE_JOB_INFO_LEVEL = 1\n", "root", true)]
    [InlineData("SECURE_JOB_INFO_LEVEL = 5\n", "root", true)]
    [InlineData("SECURE_JOB_INFO_LEVEL = 2\n", "root", false)]
    [InlineData("        SECURE_JOB_INFO_LEVEL = 4 \n", "root", false)]
    [InlineData("SECURE_JOB_INFO_LEVEL = 4\n", "lsfadmin", true)]
    public async Task To_whom_it_hides_jobs_of_others_they_are_not_unknown(string configuration, string user, bool isTold)
    {
        _lsf.Configured(configuration).Variables["ASKING"] = user;
        if (isTold)
        {
            Assert.NotNull((await _lsf.ListAsync(Row("RUN"))).Find("20"));
        }
        else
        {
            var failure = await Assert.ThrowsAsync<HpcException>(() => _lsf.ListAsync(Row("RUN")));
            Assert.Equal((ErrorId.BatchSystemFailed, true), (failure.Id, failure.IsLasting));
            Assert.Contains($"LSF hides jobs of others from {user} on login1", failure.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("lab", true)]
    [InlineData("LAB", false)]
    [InlineData("site", false)]
    public async Task Another_cluster_than_the_sites_is_not_believed(string? ofSite, bool isTold)
    {
        _lsf.SiteCluster = ofSite;
        var asked = _lsf.ListAsync(Row("RUN"));
        if (isTold)
        {
            Assert.NotNull((await asked).Find("20"));
        }
        else
        {
            var failure = await Assert.ThrowsAsync<HpcException>(() => asked);
            Assert.Equal((ErrorId.BatchSystemFailed, true), (failure.Id, failure.IsLasting));
            Assert.Equal($"Lsf on login1 answers for cluster lab, and the site's is {ofSite}.", failure.Message);
        }
    }

    private static string Row(string state, string finish = "Nov 29 18:30", int number = 20) => string.Create(
        CultureInfo.InvariantCulture,
        $"{number}|0|{state}|hpcuser|normal|-|o2wn01:o2wn02|Nov 29 18:10|Nov 29 18:11|{finish}|-|-");
}
