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
        if ((job.State == "COMPLETING" ? OutcomeWhileEnding(job.Reason, exit) : OutcomeOf(job.State)) is not { } outcome)
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

    /// <summary>
    /// What the accounting has of a job that slurmctld has forgotten: <c>JobIDRaw|State|ExitCode|Restarts</c> (sacct(1)), the last of which
    /// came after 22.05.
    /// </summary>
    /// <param name="text">A line for each component of the job; none where the accounting does not know it, or did not answer.</param>
    /// <returns>Null where it does not say how the job ended.</returns>
    public static BatchEnd? InAccounting(string text)
    {
        // Who cancelled it stands behind the word: "CANCELLED by 4001".
        if (text.Split('\n')[0].Split('|') is not [_, var words, var exit, .. var more])
        {
            return null;
        }

        var state = words.Split(' ')[0];
        if (OutcomeOf(state) is not { } outcome)
        {
            return null;
        }

        var restarts = more.Length > 0 ? Number(more[0]) : null;
        return WithExit(new BatchEnd { Outcome = outcome, State = state, RestartCount = restarts }, exit);
    }

    /// <summary>
    /// Somebody cancelled a job that has no reason and did not end with 0: slurmctld writes 0:15 whatever its script does, then what ended
    /// it, as 0:9 where it would not go. That of a script that failed, or that a signal ended, has a reason. So does one that was cancelled
    /// before its script began, and that is its prolog.
    /// </summary>
    private static BatchOutcome OutcomeWhileEnding(string? reason, string? exit) =>
        reason is not null && Reasons.TryGetValue(reason, out var outcome) ? outcome
        : (reason, exit) is (null or "None", not (null or "0:0")) or ("Prolog", _) ? BatchOutcome.Cancelled
        : BatchOutcome.Unknown;

    private static BatchEnd WithExit(BatchEnd end, string pair) =>
        pair.Split(':') is [var code, var signal] && Number(code) is { } exitCode && Number(signal) is { } number
            ? end with { ExitCode = exitCode, Signal = number > 0 ? number : null }
            : end;

    private static int? Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
