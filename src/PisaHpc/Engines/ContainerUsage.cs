namespace PisaHpc.Engines;

/// <summary>What a container uses at one moment. A member is null where the node's control groups do not tell it.</summary>
public sealed record ContainerUsage
{
    /// <summary>When it was measured, by the engine's clock, in UTC.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Memory in bytes, the page cache included, as the kernel holds it against the limit.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>
    /// Memory in bytes without the page cache that was not used of late, which the kernel takes back first: what
    /// <c>docker stats</c> shows.
    /// </summary>
    public long? WorkingSetBytes { get; init; }

    /// <summary>The limit of memory in bytes; the node's memory where the container has none.</summary>
    public long? MemoryLimitBytes { get; init; }

    /// <summary>The CPU time of all its processes since it started, those that have ended included.</summary>
    public TimeSpan? CpuTime { get; init; }

    /// <summary>For how long it was held back by its CPU quota.</summary>
    public TimeSpan? ThrottledTime { get; init; }

    /// <summary>Its processes and threads.</summary>
    public long? Pids { get; init; }

    /// <summary>The greatest number of them; null where there is no limit, too.</summary>
    public long? PidsLimit { get; init; }

    /// <summary>Bytes read from block devices since it started.</summary>
    public long? BlockReadBytes { get; init; }

    /// <summary>Bytes written to block devices since it started.</summary>
    public long? BlockWriteBytes { get; init; }

    /// <summary>
    /// Bytes received over its own network interfaces since it started, the loopback one left out; null where it has the node's network,
    /// whose traffic is nobody's.
    /// </summary>
    public long? NetworkReceivedBytes { get; init; }

    /// <summary>Bytes sent over them.</summary>
    public long? NetworkSentBytes { get; init; }
}
