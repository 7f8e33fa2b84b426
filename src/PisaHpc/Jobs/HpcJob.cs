using PisaHpc.Engines;
using PisaHpc.HostLists;

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

    /// <summary>
    /// The static environment into whose containers it is placed; null where it has its own, and when none is left to tell.
    /// </summary>
    public string? Static { get; init; }

    /// <summary>The image's reference; empty when no container is left to tell.</summary>
    public required string Image { get; init; }

    /// <summary>The login name of the owner; empty when nothing is left to tell.</summary>
    public required string Owner { get; init; }

    /// <summary>The job's port; 0 when nothing is left to tell.</summary>
    public required int Port { get; init; }

    /// <summary>The slots of all nodes together.</summary>
    public int TotalSlots => Nodes.Sum(node => node.Slots);

    /// <summary>The nodes in the allocation's order: the first is where the launcher runs.</summary>
    public required IReadOnlyList<HpcJobNode> Nodes { get => Readable.Words(field); init; }

    /// <summary>The nodes as a host list.</summary>
    public string NodeList => HostList.FoldFound(Nodes.Select(node => node.Name));

    /// <summary>On how many of them its container runs.</summary>
    public int RunningNodes => Nodes.Count(node => node.State == nameof(ContainerState.Running));

    /// <summary>When its first container was created, in UTC; null when there is none.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>The job's directory on each node.</summary>
    public required string Directory { get; init; }

    /// <summary>Whether this call changed anything.</summary>
    public bool Changed { get; init; }

    /// <summary>
    /// What a job that ran already, and was left as it is, has otherwise than a start asked for: <c>slots n1*8, not n1*16</c>. Empty
    /// elsewhere.
    /// </summary>
    public IReadOnlyList<string> Differences { get => Readable.Lines(field); init; } = [];

    /// <summary>
    /// The state in the batch system's own word, <c>RUNNING</c>; <c>Unknown</c> for a job that it does not know. Null where it was not
    /// asked, and for a job that it did not grant.
    /// </summary>
    public string? BatchState { get; init; }

    /// <summary>The queue or partition in which the batch system runs it; null where it was not asked or does not run it.</summary>
    public string? Queue { get; init; }

    /// <summary>How nodes and batch system contradict each other: the word, one of <see cref="JobMismatch"/>; null for no way.</summary>
    public string? Mismatch { get; init; }

    /// <summary>
    /// The nodes that the batch system grants it and on which no container of it runs, of those that answered; null where nothing tells.
    /// </summary>
    public IReadOnlyList<string>? NodesWithoutContainer { get => field is null ? null : HostList.Readable(field); init; }

    /// <summary>The nodes with a container of it that the batch system does not grant it; null where nothing tells.</summary>
    public IReadOnlyList<string>? NodesNotGranted { get => field is null ? null : HostList.Readable(field); init; }

    /// <summary>What <see cref="BatchState"/> is of a job that the batch system does not know.</summary>
    internal const string UnknownToBatch = "Unknown";

    /// <summary>Whose job it is; null when nothing is left to tell.</summary>
    internal JobOrigin? Origin { get; init; }

    /// <summary>The job, its state and its nodes.</summary>
    public override string ToString() => Nodes.Count > 0 ? $"job {JobId}: {State} on {NodeList}" : $"job {JobId}: {State}";
}

/// <summary>A job's part on one node.</summary>
/// <param name="Name">The node.</param>
/// <param name="Slots">The slots there; 0 on a node that only an earlier attempt of the job had, and where nothing tells them.</param>
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

    /// <summary>The batch system runs it with an environment, and no node has anything of it.</summary>
    Missing,

    /// <summary>Nothing of the job is left.</summary>
    Stopped,

    /// <summary>Nothing of the job was found, and some nodes that may have it did not answer.</summary>
    NotFound,
}

/// <summary>How what nodes have of a job contradicts what the batch system says of it.</summary>
public enum JobMismatch
{
    /// <summary>Something of it is left, and the batch system does not know it, or knows that it ended some time ago.</summary>
    Orphan,

    /// <summary>It runs, and has containers on nodes that are not its own: an earlier run of it was there.</summary>
    OtherNodes,

    /// <summary>It runs, and nodes of it have no container of it that runs.</summary>
    NoContainer,
}
