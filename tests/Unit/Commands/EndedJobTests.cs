using System.Management.Automation;
using PisaHpc.Jobs.Records;
using PisaHpc.Module.Commands;
using PisaHpc.Unit.Jobs.Records;

namespace PisaHpc.Unit.Commands;

/// <summary>Get-HpcJob -Ended, as a runspace runs it: no node exists here, and none is asked.</summary>
public sealed class EndedJobTests : IDisposable
{
    private readonly TestRecords _records = new();
    private readonly string _site = Path.GetTempFileName();

    public EndedJobTests()
    {
        File.WriteAllText(_site, $"records: {{ directory: {_records.Path} }}\nnodes: {{ names: [ nowhere.invalid ] }}\n");
        _records.DirectoryAt().Write(TestRecords.Job("4711", "00000001", "2026-11-29T08:00:00Z"));
        _records.DirectoryAt().Write(TestRecords.Job("4712", "00000002", "2026-11-29T09:00:00Z") with { Reason = nameof(EndReason.TimeLimit) });
        _records.DirectoryAt().Write(TestRecords.Job("99", "00000003", "2026-11-29T10:00:00Z") with { Reason = nameof(EndReason.OutOfMemory) });
    }

    public void Dispose()
    {
        _records.Dispose();
        File.Delete(_site);
    }

    [Theory]
    [InlineData("", "99 4712 4711")]
    [InlineData("-JobId 47*", "4712 4711")]
    [InlineData("4711, 99", "99 4711")]
    [InlineData("-Since 2026-11-29T08:30:00Z", "99 4712")]
    [InlineData("-Since ([datetime]'2026-11-29T09:30:00Z')", "99")]
    [InlineData("-Reason TimeLimit, OutOfMemory", "99 4712")]
    [InlineData("-Reason Cancelled", "")]
    public void Jobs_are_listed_the_latest_end_first(string parameters, string ids)
    {
        var run = Run($"Get-HpcJob {parameters} -Ended");
        Assert.Empty(run.Errors);
        Assert.Empty(run.Warnings);
        Assert.Equal(ids, string.Join(' ', run.Output.Select(job => Assert.IsType<HpcEndedJob>(job.BaseObject).JobId)));
    }

    [Fact]
    public void A_job_without_a_record_is_an_error_and_the_others_are_shown()
    {
        var run = Run("'4711', '4999' | Get-HpcJob -Ended");
        Assert.Equal("4999", run.Failure("JobNotFound").TargetObject);
        Assert.Single(run.Output);
    }

    [Fact]
    public void A_site_that_keeps_none_says_how_to_keep_them()
    {
        File.WriteAllText(_site, "registry: a.b\n");
        var failure = Run("Get-HpcJob -Ended").Failure("RecordsMissing");
        Assert.Equal(ErrorCategory.ObjectNotFound, failure.CategoryInfo.Category);
        Assert.Contains("records: { directory:", failure.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void Reasons_are_those_that_there_are() =>
        Assert.Contains("TimeLimit", Run("Get-HpcJob -Ended -Reason Tired").Errors.Single().ToString(), StringComparison.Ordinal);

    private CmdletRun Run(string script) => CmdletRun.Of($"{script} -Site '{_site}'", ("Get-HpcJob", typeof(GetHpcJobCommand)));
}
