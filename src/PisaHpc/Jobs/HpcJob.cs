using PisaHpc.Engines;

namespace PisaHpc.Jobs;

/// <summary>A job's containers as one thing, rebuilt from the nodes whenever it is asked for.</summary>
public sealed record HpcJob
{
    /// <summary>A job of which nothing was found.</summary>
    public static HpcJob None(string jobId) => new()
    {
        JobId = jobId,
        State = nameof(JobState.Stopped),
        Environment = "",
        Image = "",
        Owner = "",
        Port = 0,
        Nodes = [],
        Directory = "",
    };

    /// <summary>The job.</summary>
    public required string JobId { get; init; }

    /// <summary>The state of its containers together: the word, one of <see cref="JobState"/>.</summary>
    public required string State { get; init; }

    /// <summary>The environment; empty when no container is left to tell.</summary>
    public required string Environment { get; init; }

    /// <summary>The image's reference; empty when no container is left to tell.</summary>
    public required string Image { get; init; }

    /// <summary>The login name of the owner; empty when nothing is left to tell.</summary>
    public required string Owner { get; init; }

    /// <summary>The job's port; 0 when nothing is left to tell.</summary>
    public required int Port { get; init; }

    /// <summary>The slots of all nodes together.</summary>
    public int TotalSlots => Nodes.Sum(node => node.Slots);

    /// <summary>The nodes in the allocation's order: the first is where the launcher runs.</summary>
    public required IReadOnlyList<HpcJobNode> Nodes { get; init; }

    /// <summary>When its first container was created, in UTC; null when there is none.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>The job's directory on each node.</summary>
    public required string Directory { get; init; }

    /// <summary>Whether this call changed anything.</summary>
    public bool Changed { get; init; }
}

/// <summary>A job's part on one node.</summary>
/// <param name="Name">The node.</param>
/// <param name="Slots">The slots there; 0 on a node that only an earlier attempt of the job had.</param>
/// <param name="Container">The container's name; null when the node has none.</param>
/// <param name="State">The container's state: the word, one of <see cref="ContainerState"/>; null when the node has none.</param>
public sealed record HpcJobNode(string Name, int Slots, string? Container, string? State)
{
    /// <summary>The node's name: what a table or a format string shows.</summary>
    public override string ToString() => Name;
}

/// <summary>The state of a job's containers together.</summary>
public enum JobState
{
    /// <summary>Planned, not started.</summary>
    Planned,

    /// <summary>A start, or a stop, is at it this moment.</summary>
    Starting,

    /// <summary>Every node's container runs.</summary>
    Running,

    /// <summary>Some nodes' containers run, others are gone or ended.</summary>
    Degraded,

    /// <summary>No container runs, and something of the job is left on a node or in the port area.</summary>
    Leftover,

    /// <summary>Nothing of the job is left.</summary>
    Stopped,

    /// <summary>Nothing of the job was found, and some nodes that may have it did not answer.</summary>
    NotFound,
}
