using PisaHpc.Batch;

namespace PisaHpc.Unit.Batch;

/// <summary>What a batch system tells an epilogue of how its job ended, in the variables that it documents.</summary>
public sealed class BatchEndTests
{
    private static readonly (string, string) Slurm = ("SLURM_JOB_ID", "42");
    private readonly FakeJob _job = new();

    [Theory]
    [InlineData("SLURM_JOB_EXIT_CODE2", "3:0", 3, null)]
    [InlineData("SLURM_JOB_EXIT_CODE2", "0:9", 0, 9)]
    [InlineData("SLURM_JOB_EXIT_CODE", "768", 3, null)]
    [InlineData("SLURM_JOB_EXIT_CODE", "9", 0, 9)]
    [InlineData("SLURM_JOB_EXIT_CODE2", "nonsense", null, null)]
    public void Slurm_tells_an_epilog_code_and_signal_and_no_state(string variable, string value, int? code, int? signal)
    {
        var end = AllocationReader.FindEnd("42", _job.With(Slurm, (variable, value), ("SLURM_JOB_RESTART_COUNT", "2")))!;
        Assert.Equal((BatchOutcome.Unknown, code, signal, 2), (end.Outcome, end.ExitCode, end.Signal, end.RestartCount));
    }

    [Theory]
    [InlineData("0", null, BatchOutcome.Unknown, 0, null)]
    [InlineData("256", null, BatchOutcome.Unknown, 1, null)]
    [InlineData("15", "SIGNAL -14 SIG_TERM_USER", BatchOutcome.Cancelled, 0, 15)]
    public void Lsf_tells_a_post_exec_the_wait_status_and_what_it_did_to_the_job(
        string status, string? info, BatchOutcome outcome, int code, int? signal)
    {
        var end = AllocationReader.FindEnd("42", _job.With(("LSB_JOBID", "42"), ("LSB_JOBEXIT_STAT", status), ("LSB_JOBEXIT_INFO", info ?? "")))!;
        Assert.Equal((outcome, code, signal, info), (end.Outcome, end.ExitCode, end.Signal, end.Reason));
    }

    [Fact]
    public void Before_the_end_and_of_another_job_nothing_is_told()
    {
        Assert.Null(AllocationReader.FindEnd("42", _job.With(Slurm)));
        Assert.Null(AllocationReader.FindEnd("43", _job.With(Slurm, ("SLURM_JOB_EXIT_CODE2", "0:0"))));
        Assert.Null(AllocationReader.FindEnd("42", _job.With()));
        Assert.Null(AllocationReader.FindEnd("42", _job.With(("PBS_JOBID", "42"))));
    }
}
