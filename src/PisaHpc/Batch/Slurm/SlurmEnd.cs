using System.Globalization;

namespace PisaHpc.Batch.Slurm;

/// <summary>How a job of Slurm ended.</summary>
internal static class SlurmEnd
{
    /// <summary>
    /// The states of a job that has ended and does not come back (job_state_string, src/common/slurm_protocol_defs.c). Any other word,
    /// also one that a later Slurm has, is that of a job that lives.
    /// </summary>
    private static readonly Dictionary<string, BatchOutcome> Outcomes = new(StringComparer.Ordinal)
    {
        ["COMPLETED"] = BatchOutcome.Completed,
        ["FAILED"] = BatchOutcome.Failed,
        ["CANCELLED"] = BatchOutcome.Cancelled,
        ["TIMEOUT"] = BatchOutcome.TimeLimit,
        ["DEADLINE"] = BatchOutcome.Deadline,
        ["PREEMPTED"] = BatchOutcome.Preempted,
        ["NODE_FAIL"] = BatchOutcome.NodeFailed,
        ["BOOT_FAIL"] = BatchOutcome.NodeFailed,
        ["OUT_OF_MEMORY"] = BatchOutcome.OutOfMemory,
    };

    /// <summary>
    /// While a job's epilogs run its state is COMPLETING, and the reason alone tells (job_state_reason_string, slurm_protocol_defs.c).
    /// </summary>
    private static readonly Dictionary<string, BatchOutcome> Reasons = new(StringComparer.Ordinal)
    {
        ["TimeLimit"] = BatchOutcome.TimeLimit,
        ["OutOfMemory"] = BatchOutcome.OutOfMemory,
        ["NodeDown"] = BatchOutcome.NodeFailed,
        ["NodeFailure"] = BatchOutcome.NodeFailed,
    };

    /// <summary>What a state means.</summary>
    /// <returns>Null for that of a job that lives.</returns>
    public static BatchOutcome? OutcomeOf(string state) => Outcomes.TryGetValue(state, out var outcome) ? outcome : null;

    /// <summary>What an epilog is told: the exit code alone, and no state (prolog_epilog.shtml).</summary>
    /// <returns>Null where no variable tells it, as before the job's end.</returns>
    public static BatchEnd? In(JobEnvironment environment)
    {
        var end = new BatchEnd { RestartCount = SlurmAllocation.RestartsOf(environment) };
        return environment.Value("SLURM_JOB_EXIT_CODE2") is { } pair ? WithExit(end, pair)
            : environment.Value("SLURM_JOB_EXIT_CODE") is { } status ? end.WithWaitStatus(status)
            : null;
    }

    /// <summary>What squeue and scontrol say.</summary>
    /// <param name="job">The job.</param>
    /// <param name="exit">Its exit code and signal as Slurm writes them, <c>0:15</c>; null for none.</param>
    /// <returns>Null for a job that has not ended, or is to run again.</returns>
    public static BatchEnd? Of(BatchJob job, string? exit)
    {
        var ending = job.State == "COMPLETING";
        if ((ending ? Reasons.GetValueOrDefault(job.Reason ?? "") : OutcomeOf(job.State)) is not { } outcome)
        {
            return null;
        }

        var end = new BatchEnd
        {
            Outcome = outcome,
            State = job.State,
            Reason = job.Reason,
            RestartCount = job.RestartCount,
        };
        return exit is null ? end : WithExit(end, exit);
    }

    private static BatchEnd WithExit(BatchEnd end, string pair) =>
        pair.Split(':') is [var code, var signal] && Number(code) is { } exitCode && Number(signal) is { } number
            ? end with { ExitCode = exitCode, Signal = number > 0 ? number : null }
            : end;

    private static int? Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
