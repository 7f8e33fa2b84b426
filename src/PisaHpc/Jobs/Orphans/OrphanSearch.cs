using PisaHpc.Batch;

namespace PisaHpc.Jobs.Orphans;

/// <summary>What orphans are looked for, where, and who is asked.</summary>
internal sealed record OrphanSearch
{
    /// <summary>How long a job must have ended when nobody says: epilogs and the last of its processes have had their time.</summary>
    public static TimeSpan DefaultEndedFor { get; } = TimeSpan.FromSeconds(120);

    /// <summary>The site's batch system.</summary>
    public required Scheduler System { get; init; }

    /// <summary>What nodes show of its jobs.</summary>
    public required IJobEvidence Evidence { get; init; }

    /// <summary>Asks it for all of its jobs, within a time.</summary>
    public required Func<CancellationToken, Task<JobCensus>> AskAsync { get; init; }

    /// <summary>Where jobs' directories are on each node.</summary>
    public required string RunDirectory { get; init; }

    /// <summary>The nodes to look on.</summary>
    public required IReadOnlyCollection<string> Nodes { get; init; }

    /// <summary>Whether those are all of the site's: then every lease counts, else those that name one of them.</summary>
    public bool IsWholeSite { get; init; } = true;

    /// <summary>The jobs to look for; null for every job.</summary>
    public IReadOnlySet<string>? JobIds { get; init; }

    /// <summary>
    /// Whether somebody named those jobs, each for itself: then one of no batch system may go, and one that stays is told. A list of jobs
    /// that a command put out names none.
    /// </summary>
    public bool IsByName { get; init; }

    /// <summary>How long a job must have ended, and how old what was found must be of one that is not known.</summary>
    public TimeSpan EndedFor { get; init; } = DefaultEndedFor;

    /// <summary>Whether a job is looked for.</summary>
    public bool IsMeant(string jobId) => JobIds is null || JobIds.Contains(jobId);
}
