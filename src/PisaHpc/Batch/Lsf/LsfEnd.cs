namespace PisaHpc.Batch.Lsf;

/// <summary>How a job of LSF ended (bjobs(1), STAT and the field <c>exit_reason</c>).</summary>
internal static class LsfEnd
{
    /// <summary>The states of a job that has ended. Any other word, also one that a later LSF has, is that of a job that lives.</summary>
    private static readonly string[] Ended = ["DONE", "EXIT", "POST_DONE", "POST_ERR"];

    /// <summary>LSF's words for what it ended itself; what is none of these ended by itself.</summary>
    private static readonly Dictionary<string, BatchOutcome> Reasons = new(StringComparer.Ordinal)
    {
        ["TERM_RUNLIMIT"] = BatchOutcome.TimeLimit,
        ["TERM_CPULIMIT"] = BatchOutcome.TimeLimit,
        ["TERM_DEADLINE"] = BatchOutcome.Deadline,
        ["TERM_WINDOW"] = BatchOutcome.Deadline,
        ["TERM_MEMLIMIT"] = BatchOutcome.OutOfMemory,
        ["TERM_SWAP"] = BatchOutcome.OutOfMemory,
        ["TERM_PREEMPT"] = BatchOutcome.Preempted,
        ["TERM_OWNER"] = BatchOutcome.Cancelled,
        ["TERM_ADMIN"] = BatchOutcome.Cancelled,
        ["TERM_FORCE_OWNER"] = BatchOutcome.Cancelled,
        ["TERM_FORCE_ADMIN"] = BatchOutcome.Cancelled,
        ["TERM_REQUEUE_OWNER"] = BatchOutcome.Cancelled,
        ["TERM_REQUEUE_ADMIN"] = BatchOutcome.Cancelled,
    };

    /// <summary>What became of a job.</summary>
    /// <param name="state">The state's word.</param>
    /// <param name="exitCode">The exit code; null for none.</param>
    /// <param name="reason">LSF's own words for why it ended, <c>TERM_RUNLIMIT: job killed …</c>; null for none.</param>
    /// <returns>Null for one that lives.</returns>
    public static BatchOutcome? OutcomeOf(string state, int? exitCode, string? reason) => !Ended.Contains(state) ? null
        : reason is not null && Reasons.TryGetValue(reason.Split(':', ' ')[0], out var outcome) ? outcome
        : state is "EXIT" || exitCode is > 0 ? BatchOutcome.Failed
        : BatchOutcome.Completed;
}
