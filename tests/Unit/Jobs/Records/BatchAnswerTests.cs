using PisaHpc.Batch;

namespace PisaHpc.Unit.Jobs.Records;

/// <summary>
/// What the batch system answers, and what it told its epilog: either is of the run that ended, or says nothing of it. Job 42 was started
/// anew once.
/// </summary>
public sealed class BatchAnswerTests : IDisposable
{
    private readonly RecordedJobs _jobs = new();

    public void Dispose() => _jobs.Dispose();

    [Fact]
    public async Task An_answer_about_another_run_leaves_what_the_epilog_was_told()
    {
        await _jobs.StartAsync();
        await _jobs.StopAsync(
            new BatchEnd { ExitCode = 3, RestartCount = 1 },
            ask: _ => Task.FromResult<BatchEnd?>(new BatchEnd { Outcome = BatchOutcome.Cancelled, RestartCount = 2 }));
        var job = Assert.Single(_jobs.Records.Read());
        Assert.Equal(("Failed", 3), (job.Reason, job.ExitCode));
    }

    [Fact]
    public async Task Where_the_epilog_was_told_of_another_run_too_nobody_says_how_this_one_ended()
    {
        await _jobs.StartAsync();
        await _jobs.StopAsync(
            new BatchEnd { ExitCode = 3, RestartCount = 2 },
            ask: _ => Task.FromResult<BatchEnd?>(new BatchEnd { Outcome = BatchOutcome.Cancelled, RestartCount = 2 }));
        Assert.Equal("Stopped", Assert.Single(_jobs.Records.Read()).Reason);
    }

    [Theory]
    [InlineData(typeof(IOException))]
    [InlineData(typeof(InvalidOperationException))]
    [InlineData(typeof(TimeoutException))]
    [InlineData(typeof(UnauthorizedAccessException))]
    [InlineData(typeof(OperationCanceledException))]
    public async Task Whatever_goes_wrong_with_the_question_is_a_warning_and_the_job_is_stopped(Type failure)
    {
        await _jobs.StartAsync();
        await _jobs.StopAsync(new BatchEnd { ExitCode = 3 }, ask: _ => throw (Exception)Activator.CreateInstance(failure, "it broke")!);
        Assert.Equal("Failed", Assert.Single(_jobs.Records.Read()).Reason);
        Assert.Equal(["The record of job 42 goes without what the batch system knows: it broke"], _jobs.Records.Warnings);
        Assert.Empty(_jobs.Cluster.Leftovers());
    }
}
