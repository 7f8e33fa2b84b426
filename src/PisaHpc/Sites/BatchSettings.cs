using PisaHpc.Batch;

namespace PisaHpc.Sites;

/// <summary>The site's batch system, where it is asked for a job by its id.</summary>
public sealed record BatchSettings
{
    /// <summary>Which one it is; Slurm unless the site says otherwise.</summary>
    public Scheduler System { get; init; } = Scheduler.Slurm;

    /// <summary>The host that has its client programs, reached as the nodes are; null for the machine that asks.</summary>
    public string? Host { get; init; }
}
