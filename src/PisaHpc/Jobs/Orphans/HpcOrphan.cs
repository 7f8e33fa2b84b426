using PisaHpc.HostLists;

namespace PisaHpc.Jobs.Orphans;

/// <summary>What a job left on nodes or in the port area when its run was over.</summary>
public sealed record HpcOrphan
{
    /// <summary>The job.</summary>
    public required string JobId { get; init; }

    /// <summary>What became of it: the word, one of <see cref="OrphanState"/>.</summary>
    public required string State { get; init; }

    /// <summary>Why it is an orphan: the word, one of <see cref="OrphanReason"/>.</summary>
    public required string Reason { get; init; }

    /// <summary>What says so, for people: <c>Slurm: TIMEOUT since 2026-11-29T07:12:00Z</c>.</summary>
    public required string Evidence { get; init; }

    /// <summary>The login name of the owner; empty when nothing tells it.</summary>
    public required string Owner { get; init; }

    /// <summary>The port of the lease that goes with it; 0 when none does.</summary>
    public required int Port { get; init; }

    /// <summary>The nodes that are cleaned, with what was found on them; some may have nothing but their name in the lease.</summary>
    public required IReadOnlyList<OrphanNode> Nodes { get => Readable.Words(field); init; }

    /// <summary>The nodes as a host list.</summary>
    public string NodeList => HostList.FoldFound(Nodes.Select(node => node.Name));

    /// <summary>Whether this call changed anything.</summary>
    public bool Changed { get; init; }

    /// <summary>The job, its state, and by what evidence.</summary>
    public override string ToString() => $"job {JobId}: {State}: {Evidence}";
}

/// <summary>What was found on a node.</summary>
/// <param name="Name">The node.</param>
/// <param name="Containers">The containers' names, by blanks; empty for none.</param>
/// <param name="Directory">The job's directory; null when it is not there.</param>
public sealed record OrphanNode(string Name, string Containers, string? Directory)
{
    /// <summary>The node's name: what a table or a format string shows.</summary>
    public override string ToString() => Name;
}

/// <summary>What became of an orphan.</summary>
public enum OrphanState
{
    /// <summary>It was found, and nothing was changed.</summary>
    Found,

    /// <summary>Nothing of it is left.</summary>
    Removed,

    /// <summary>Some of its nodes could not be cleaned.</summary>
    Leftover,
}

/// <summary>Why something is an orphan.</summary>
public enum OrphanReason
{
    /// <summary>The batch system does not know the job.</summary>
    Unknown,

    /// <summary>The batch system knows the job as one that ended some time ago.</summary>
    Ended,

    /// <summary>The job runs, and not on these nodes: an earlier run of it was there.</summary>
    OtherNodes,

    /// <summary>The node was booted since.</summary>
    EarlierBoot,

    /// <summary>The job is no batch system's, and was named.</summary>
    Named,
}
