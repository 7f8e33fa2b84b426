using PisaHpc.Ports;

namespace PisaHpc.Jobs.Orphans;

/// <summary>What was found: what may go, and what stays and why.</summary>
/// <param name="Orphans">The orphans, in the order of their jobs' ids.</param>
/// <param name="Left">The other jobs of which something was found, in that order too.</param>
internal sealed record OrphanFindings(IReadOnlyList<FoundOrphan> Orphans, IReadOnlyList<LeftJob> Left);

/// <summary>An orphan with what takes it away.</summary>
/// <param name="Orphan">What it is.</param>
/// <param name="Stop">The stop of the job, or of its part on some nodes.</param>
internal sealed record FoundOrphan(HpcOrphan Orphan, JobStopRequest Stop)
{
    /// <summary>Makes it of a job that was judged one.</summary>
    /// <param name="runDirectory">Where jobs' directories are on each node.</param>
    public static FoundOrphan Of(JobTraces job, Verdict verdict, string runDirectory)
    {
        var view = JobView.From(job.JobId, job.Lease, job.Containers, busy: false);
        var nodes = verdict.Only ?? [.. job.NamedNodes.Concat(job.Places).Distinct(StringComparer.Ordinal)];
        var orphan = new HpcOrphan
        {
            JobId = job.JobId,
            State = nameof(OrphanState.Found),
            Reason = verdict.Reason!.Value.ToString(),
            Evidence = verdict.Why,
            Owner = view.Owner,
            Port = verdict.Only is null && job.Lease is { } lease ? lease.Port : 0,
            Nodes = [.. nodes.Select(node => NodeOf(job, node))],
        };
        return new FoundOrphan(orphan, new JobStopRequest
        {
            Job = view,
            Nodes = job.Places,
            Only = verdict.Only,
            IsMeant = now => AreOne(job.Lease, now),
            RunDirectory = runDirectory,
        });
    }

    private static OrphanNode NodeOf(JobTraces job, string node) => new(
        node,
        string.Join(' ', job.Containers.Where(found => found.Node == node).Select(found => found.Container.Name)),
        job.Directories.Where(found => found.Node == node).Select(found => found.Directory.Directory).FirstOrDefault());

    /// <summary>Whether a lease was not asked for again since: a start prolongs it, or gives it other nodes.</summary>
    private static bool AreOne(JobPort? then, JobPort? now) =>
        (then?.Port, then?.LeasedAt, then?.ExpiresAt, then?.NodeSlots) == (now?.Port, now?.LeasedAt, now?.ExpiresAt, now?.NodeSlots);
}

/// <summary>A job that is left as it is.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Why">The reason, in words that follow the job's name.</param>
/// <param name="IsUnjudged">Whether nobody knows if it lives, since the site's batch system did not grant it.</param>
internal sealed record LeftJob(string JobId, string Why, bool IsUnjudged = false)
{
    /// <summary>Jobs that nobody could judge, as one line.</summary>
    public static string InWords(IReadOnlyCollection<LeftJob> unjudged)
    {
        ArgumentNullException.ThrowIfNull(unjudged);
        return $"{Plural.Of(unjudged.Count, "job")} left as found, for nobody can say whether they live: {string.Join("; ", unjudged)}. "
            + "Name those that are to go.";
    }

    /// <summary>A line for people.</summary>
    public override string ToString() => $"job {JobId} {Why}";
}
