using PisaHpc.Batch;

namespace PisaHpc.Sites;

/// <summary>The site's batch system, where it is asked for its jobs.</summary>
public sealed record BatchSettings
{
    /// <summary>Which one it is; Slurm unless the site says otherwise.</summary>
    public Scheduler System { get; init; } = Scheduler.Slurm;

    /// <summary>The host that has its client programs, reached as the nodes are; null for the machine that asks.</summary>
    public string? Host { get; init; }

    /// <summary>The name of its cluster, by its own word: another one's answer is none. Null where the site does not say it.</summary>
    public string? Cluster { get; init; }

    /// <summary>Of LSF: the profile.lsf on that host by which it is asked; null for the one that the host's users have.</summary>
    public string? Profile { get; init; }

    /// <summary>Of HTCondor: the schedulers (condor_schedd) that are asked, by their names in the pool; none of another system.</summary>
    public IReadOnlyList<string> Schedulers { get; init; } = [];

    /// <summary>Of Slurm: when the hooks drain a node that is broken; null for never.</summary>
    public DrainRule? Drain { get; init; }

    /// <summary>An allocation with the site's cluster, where its own batch system granted it and named none.</summary>
    public HpcAllocation Named(HpcAllocation allocation)
    {
        ArgumentNullException.ThrowIfNull(allocation);
        return allocation.BatchSystem == System ? allocation with { Cluster = allocation.Cluster ?? Cluster } : allocation;
    }
}
