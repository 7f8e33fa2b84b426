using PisaHpc.Batch;
using PisaHpc.HostLists;

namespace PisaHpc.Ports;

/// <summary>A port that a job holds.</summary>
public sealed record JobPort
{
    /// <summary>The TCP port.</summary>
    public required int Port { get; init; }

    /// <summary>The job that holds it.</summary>
    public required string JobId { get; init; }

    /// <summary>The login name of the job's owner; for a lease without a record, the owner of the port's file.</summary>
    public required string Owner { get; init; }

    /// <summary>
    /// The host that took the lease, or that started or stopped the job last; null for a lease without a record: a script's bare hard link.
    /// </summary>
    public string? Host { get; init; }

    /// <summary>When it was taken, in UTC and whole seconds; for a lease without a record, when the port's file last changed.</summary>
    public required DateTimeOffset LeasedAt { get; init; }

    /// <summary>When it may be reclaimed without asking, in UTC; null for a lease without a record, which time does not end.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Whether the lease holds: the word, one of <see cref="LeaseState"/>.</summary>
    public required string State { get; init; }

    /// <summary>
    /// The job's nodes as <see cref="SlotMap"/> writes them, <c>o2wn[01-02]*32</c>, so that a job can be found again from its
    /// lease alone; null when not told. A node without slots is one that a requeued job had before: a stop still goes there.
    /// </summary>
    public string? NodeSlots { get; init; }

    /// <summary>The names of the job's nodes, for -Node parameters; empty when not told.</summary>
    public IReadOnlyList<string> Nodes => HostList.Readable([.. SlotMap.NodesIn(NodeSlots ?? "").Select(node => node.Name)]);

    /// <summary>The nodes as a host list.</summary>
    public string NodeList => HostList.FoldFound(Nodes);

    /// <summary>
    /// The batch system that knows whether the job is alive: the word, one of <see cref="Scheduler"/>; Manual when not told.
    /// </summary>
    public string Scheduler { get; init; } = nameof(Batch.Scheduler.Manual);

    /// <summary>The batch system's own name of its cluster; null when it was not told.</summary>
    public string? Cluster { get; init; }

    /// <summary>The port area.</summary>
    public required string Path { get; init; }

    /// <summary>Whether this call changed anything: false when the job had the port already.</summary>
    public bool Changed { get; init; }

    /// <summary>The port's number: what a format string shows.</summary>
    public override string ToString() => Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>The state of a port's lease.</summary>
public enum LeaseState
{
    /// <summary>Held by a job whose time has not run out.</summary>
    Leased,

    /// <summary>Its time has run out: it can be reclaimed.</summary>
    Expired,

    /// <summary>Claimed and not granted: its claimer is at it this moment, or died half-way and left it to be reclaimed.</summary>
    Incomplete,
}
