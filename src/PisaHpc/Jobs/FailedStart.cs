namespace PisaHpc.Jobs;

/// <summary>What became of a job whose start failed: the three failures that tell it apart.</summary>
internal static class FailedStart
{
    /// <summary>Nodes stand in the way, and nothing was changed on any of them.</summary>
    /// <param name="outcome">What was not done: was not started, was not planned.</param>
    /// <param name="failed">The nodes; one or more.</param>
    public static HpcException NotStarted(string jobId, string outcome, IReadOnlyList<NodeFailure> failed) => new(
        ErrorId.JobNotStarted,
        $"Job {jobId} {outcome}, and nothing was changed: {InWords(failed)}",
        jobId,
        innerException: failed[0].Cause)
    {
        FailedNodes = failed,
    };

    /// <summary>Nodes failed, and nothing is left on any node of the job.</summary>
    /// <param name="nodeCount">How many nodes the job has.</param>
    /// <param name="failed">The nodes that failed; one or more.</param>
    public static HpcException RolledBack(string jobId, int nodeCount, IReadOnlyList<NodeFailure> failed) => new(
        ErrorId.JobRolledBack,
        $"Job {jobId} was taken back from all of its {Plural.Of(nodeCount, "node")}: {InWords(failed)}",
        jobId,
        innerException: failed[0].Cause)
    {
        FailedNodes = failed,
    };

    /// <summary>Something of the job may be left on nodes, which the lease names until a stop has cleaned them.</summary>
    /// <param name="cause">Why the start failed.</param>
    /// <param name="failed">The nodes that failed to start; none where it was interrupted.</param>
    /// <param name="left">The nodes that could not be cleaned; one or more.</param>
    public static HpcException LeftBehind(
        string jobId, Exception cause, IReadOnlyList<NodeFailure> failed, IReadOnlyList<NodeFailure> left) => new(
        ErrorId.JobLeftBehind,
        $"Job {jobId} failed ({(failed.Count > 0 ? InWords(failed) : cause.Message)}) and could not be taken back from {InWords(left)}",
        jobId,
        $"When the nodes answer again: Stop-HpcJob -JobId '{jobId}'. The port stays leased until then.",
        cause)
        {
            FailedNodes = failed,
            LeftBehind = left,
        };

    private static string InWords(IReadOnlyList<NodeFailure> failures) => string.Join("; ", failures);
}
