using PisaHpc.Ports;

namespace PisaHpc.Jobs.Orphans;

/// <summary>What was found: what may go, and what stays and why.</summary>
/// <param name="Orphans">The orphans in the order in which to take them away: those with a node that did not answer are the last.</param>
/// <param name="Left">
/// The other jobs of which something was found, and those that were named and not found, in the order of their ids.
/// </param>
internal sealed record OrphanFindings(IReadOnlyList<FoundOrphan> Orphans, IReadOnlyList<LeftJob> Left)
{
    /// <summary>The nodes that did not answer and that no job names.</summary>
    public IReadOnlyList<string> Asleep { get; init; } = [];

    /// <summary>What the batch system's program said beside its answer; null for nothing.</summary>
    public string? Remark { get; init; }

    /// <summary>What nodes show of jobs that the batch system does not know, without a process of its own in it: a line each.</summary>
    public IReadOnlyList<string> Strays { get; init; } = [];

    /// <summary>What somebody has to know of what was left, a line each.</summary>
    /// <param name="isByName">Whether the jobs were named: then each that stays is told, with why.</param>
    public IEnumerable<string> Warnings(bool isByName)
    {
        LeftJob[] unjudged = [.. Left.Where(job => job.IsUnjudged)];
        if (Remark is not null)
        {
            yield return Remark;
        }

        foreach (var stray in Strays)
        {
            yield return stray;
        }

        foreach (var job in isByName ? Left : [])
        {
            yield return $"left as it is: {job}";
        }

        if (unjudged.Length > 0 && !isByName)
        {
            yield return LeftJob.InWords(unjudged);
        }
    }
}

/// <summary>An orphan with all that was found of it when it was judged: only that is taken away.</summary>
/// <param name="Orphan">What it is.</param>
/// <param name="Job">What was found.</param>
/// <param name="Verdict">What was judged.</param>
/// <param name="Directory">Where its directory is, on each node.</param>
internal sealed record FoundOrphan(HpcOrphan Orphan, JobTraces Job, Verdict Verdict, string Directory)
{
    /// <summary>The boot of its node, where it goes because it is of an earlier one.</summary>
    public string? Boot { get; init; }

    /// <summary>What the hooks of its batch system have written down of its runs, with the nodes; that alone makes no orphan.</summary>
    public IReadOnlyList<(string Node, HookRecord Record)> Records { get; init; } = [];

    /// <summary>The nodes that are cleaned.</summary>
    public IReadOnlyCollection<string> Nodes => Verdict.Only ?? Job.Nodes;

    /// <summary>Makes it of a job that was judged one.</summary>
    /// <param name="runDirectory">Where jobs' directories are on each node.</param>
    public static FoundOrphan Of(JobTraces job, Verdict verdict, string runDirectory)
    {
        var nodes = verdict.Only ?? job.Nodes;
        var orphan = new HpcOrphan
        {
            JobId = job.JobId,
            State = nameof(OrphanState.Found),
            Reason = verdict.Reason!.Value.ToString(),
            Evidence = verdict.Why,
            Owner = JobView.From(job.JobId, job.Lease, job.Containers, busy: false).Owner,
            Port = verdict.Only is null && job.Lease is { } lease ? lease.Port : 0,
            Nodes = [.. nodes.Select(node => NodeOf(job, node))],
        };
        return new FoundOrphan(orphan, job, verdict, Access.Ssh.JobDirectory.PathOf(runDirectory, job.JobId));
    }

    /// <summary>Whether a lease is the one that was judged: a start prolongs it, or gives it other nodes.</summary>
    public bool IsJudged(JobPort? now) => Job.Lease is { } then
        ? (then.Port, then.LeasedAt, then.ExpiresAt, then.NodeSlots) == (now?.Port, now?.LeasedAt, now?.ExpiresAt, now?.NodeSlots)
        : now is null;

    private static OrphanNode NodeOf(JobTraces job, string node) => new(
        node,
        string.Join(' ', job.Containers.Where(found => found.Node == node).Select(found => found.Container.Name)),
        job.Directories.Where(found => found.Node == node).Select(found => found.Directory.Directory).FirstOrDefault());
}

/// <summary>A job that is left as it is.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Why">The reason, in words that follow the job's name.</param>
/// <param name="IsUnjudged">Whether nobody knows if it lives, since the site's batch system, or this cluster's, did not grant it.</param>
internal sealed record LeftJob(string JobId, string Why, bool IsUnjudged = false)
{
    /// <summary>Whether it goes when it is named.</summary>
    public bool GoesByName { get; init; }

    /// <summary>Jobs that nobody could judge, as one line.</summary>
    public static string InWords(IReadOnlyCollection<LeftJob> unjudged)
    {
        ArgumentNullException.ThrowIfNull(unjudged);
        return $"{Plural.Of(unjudged.Count, "job")} left as found, for nobody can say whether they live: {string.Join("; ", unjudged)}."
            + (unjudged.Any(job => job.GoesByName) ? " Name those of no batch system that are to go." : "");
    }

    /// <summary>A line for people.</summary>
    public override string ToString() => $"job {JobId} {Why}";
}
