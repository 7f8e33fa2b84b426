namespace PisaHpc.Batch;

/// <summary>A job of which a node shows that its batch system runs something there.</summary>
/// <param name="JobId">Its id; of a job with several components the component's.</param>
/// <param name="Cluster">The cluster whose job it is, where the node shows it; null where it does not.</param>
/// <param name="IsCertain">
/// Whether it is a process of the batch system's own. Else it is one that was left, which its user alone may keep: then the job counts as
/// one that runs, and nothing is concluded of others.
/// </param>
public sealed record RunningJob(string JobId, string? Cluster = null, bool IsCertain = true)
{
    /// <summary>Whether a job of one of these ids is among them.</summary>
    internal static bool IsAmong(IEnumerable<RunningJob> running, IReadOnlyCollection<string> ids) =>
        running.Any(job => ids.Contains(job.JobId));
}
