using PisaHpc.Engines;
using PisaHpc.HostLists;

namespace PisaHpc.Containers;

/// <summary>
/// What containers use, as <c>Measure-HpcContainer</c> shows it: one container, or all of a job, of a static environment or of a node added
/// up. A number is null where no container's kernel or engine tells it; what was used is counted from a container's start on.
/// </summary>
public sealed record HpcContainerUsage
{
    /// <summary>When it was measured, in UTC; of several containers the last time.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The nodes, by name.</summary>
    public required IReadOnlyList<string> Nodes { get => HostList.Readable(field); init; }

    /// <summary>The nodes as a host list, as in <c>o2wn[01-02]</c>.</summary>
    public string NodeList => HostList.Fold(Nodes);

    /// <summary>The job; null where the containers are none's, or those of a whole node.</summary>
    public string? JobId { get; init; }

    /// <summary>The static environment; null where the containers are none's, or those of a whole node.</summary>
    public string? Static { get; init; }

    /// <summary>The container's name; null where several are added up.</summary>
    public string? Name { get; init; }

    /// <summary>How many containers it is the use of.</summary>
    public int Containers { get; init; } = 1;

    /// <summary>The CPUs in use: CPU time over the time between two looks.</summary>
    public double? Cpus { get; init; }

    /// <summary>The CPU quota in CPUs; null where a container has none.</summary>
    public double? CpuLimit { get; init; }

    /// <summary>The CPU time of all processes in seconds, those that have ended included.</summary>
    public double? CpuSeconds { get; init; }

    /// <summary>The part of the time between two looks, in percent, in which the CPU quota held it back.</summary>
    public double? ThrottledPercent { get; init; }

    /// <summary>Memory in bytes with the page cache, as the kernel holds it against the limit.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Memory in bytes without the page cache that was not used of late.</summary>
    public long? WorkingSetBytes { get; init; }

    /// <summary>The limit of memory in bytes; null where a container has none.</summary>
    public long? MemoryLimitBytes { get; init; }

    /// <summary>The most memory, in bytes, that the container has used.</summary>
    public long? PeakMemoryBytes { get; init; }

    /// <summary>Processes that the kernel killed for want of memory.</summary>
    public long? OomKills { get; init; }

    /// <summary>How often the limit of memory was in the way.</summary>
    public long? MemoryLimitHits { get; init; }

    /// <summary>Processes and threads.</summary>
    public long? Pids { get; init; }

    /// <summary>The greatest number of them; null where a container has none.</summary>
    public long? PidsLimit { get; init; }

    /// <summary>Bytes read from block devices.</summary>
    public long? BlockReadBytes { get; init; }

    /// <summary>Bytes written to block devices.</summary>
    public long? BlockWriteBytes { get; init; }

    /// <summary>Bytes received over networks of the container's own; null with the node's network.</summary>
    public long? NetworkReceivedBytes { get; init; }

    /// <summary>Bytes sent over them.</summary>
    public long? NetworkSentBytes { get; init; }

    /// <summary>
    /// The percentage of the last ten seconds in which some process waited for a CPU (psi.rst); of several containers the highest. Version
    /// 1 of control groups does not count it.
    /// </summary>
    public double? CpuPressure { get; init; }

    /// <summary>The same of processes that waited for memory.</summary>
    public double? MemoryPressure { get; init; }

    /// <summary>The same of processes that waited for block devices.</summary>
    public double? IoPressure { get; init; }

    /// <summary>Adds the use of containers up.</summary>
    /// <param name="usages">Of each container its own, at least one.</param>
    /// <param name="by">What they are of.</param>
    /// <returns>One for each job and static environment, or for each node, in the order of their first.</returns>
    public static IReadOnlyList<HpcContainerUsage> Of(IReadOnlyCollection<HpcContainerUsage> usages, UsageGroup by) => by switch
    {
        UsageGroup.Job => [.. usages.GroupBy(usage => (usage.JobId, usage.Static)).Select(group =>
            Sum([.. group]) with { JobId = group.Key.JobId, Static = group.Key.Static })],
        UsageGroup.Node => [.. usages.GroupBy(usage => usage.NodeList).Select(group => Sum([.. group]))],
        _ => [.. usages],
    };

    /// <summary>A container between two looks at it.</summary>
    internal static HpcContainerUsage Of(HpcContainer container, ContainerUsage? before, ContainerUsage now, ControlGroup? group) => new()
    {
        Time = now.Time,
        Nodes = [container.Node],
        JobId = container.JobId,
        Static = container.Static,
        Name = container.Name,
        Cpus = Share(before, now, usage => usage.CpuTime),
        CpuLimit = group?.Cpus,
        CpuSeconds = now.CpuTime?.TotalSeconds,
        ThrottledPercent = 100 * Share(before, now, usage => usage.ThrottledTime),
        MemoryBytes = now.MemoryBytes,
        WorkingSetBytes = now.WorkingSetBytes,
        // An engine says the node's memory where there is no limit.
        MemoryLimitBytes = group is null ? now.MemoryLimitBytes : group.LimitBytes,
        PeakMemoryBytes = group?.PeakBytes,
        OomKills = group?.Kills,
        MemoryLimitHits = group?.LimitHits,
        Pids = now.Pids,
        PidsLimit = now.PidsLimit,
        BlockReadBytes = now.BlockReadBytes,
        BlockWriteBytes = now.BlockWriteBytes,
        NetworkReceivedBytes = now.NetworkReceivedBytes,
        NetworkSentBytes = now.NetworkSentBytes,
        CpuPressure = group?.CpuPressure,
        MemoryPressure = group?.MemoryPressure,
        IoPressure = group?.IoPressure,
    };

    /// <summary>It in a line: <c>4711 on o2wn[01-02]: 3.2 CPUs, 1.5 GiB</c>.</summary>
    public override string ToString() => string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"{Name ?? JobId ?? Static ?? "containers"} on {NodeList}: {Cpus ?? 0:0.0} CPUs, {ByteSize.Words(WorkingSetBytes ?? 0)}");

    private static HpcContainerUsage Sum(IReadOnlyCollection<HpcContainerUsage> usages) => new()
    {
        Time = usages.Max(usage => usage.Time),
        Nodes = [.. usages.SelectMany(usage => usage.Nodes).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
        Containers = usages.Sum(usage => usage.Containers),
        Cpus = Known(usages, usage => usage.Cpus, Enumerable.Sum),
        CpuLimit = All(usages, usage => usage.CpuLimit),
        CpuSeconds = Known(usages, usage => usage.CpuSeconds, Enumerable.Sum),
        ThrottledPercent = Known(usages, usage => usage.ThrottledPercent, Enumerable.Max),
        MemoryBytes = Total(usages, usage => usage.MemoryBytes),
        WorkingSetBytes = Total(usages, usage => usage.WorkingSetBytes),
        MemoryLimitBytes = (long?)All(usages, usage => usage.MemoryLimitBytes),
        PeakMemoryBytes = Total(usages, usage => usage.PeakMemoryBytes),
        OomKills = Total(usages, usage => usage.OomKills),
        MemoryLimitHits = Total(usages, usage => usage.MemoryLimitHits),
        Pids = Total(usages, usage => usage.Pids),
        PidsLimit = (long?)All(usages, usage => usage.PidsLimit),
        BlockReadBytes = Total(usages, usage => usage.BlockReadBytes),
        BlockWriteBytes = Total(usages, usage => usage.BlockWriteBytes),
        NetworkReceivedBytes = Total(usages, usage => usage.NetworkReceivedBytes),
        NetworkSentBytes = Total(usages, usage => usage.NetworkSentBytes),
        CpuPressure = Known(usages, usage => usage.CpuPressure, Enumerable.Max),
        MemoryPressure = Known(usages, usage => usage.MemoryPressure, Enumerable.Max),
        IoPressure = Known(usages, usage => usage.IoPressure, Enumerable.Max),
    };

    /// <summary>How much a time grew over the time between two looks; null at the first look.</summary>
    private static double? Share(ContainerUsage? before, ContainerUsage now, Func<ContainerUsage, TimeSpan?> time) =>
        before is not null && now.Time > before.Time && time(now) - time(before) is { } grown ? grown / (now.Time - before.Time) : null;

    private static long? Total(IEnumerable<HpcContainerUsage> usages, Func<HpcContainerUsage, long?> value) =>
        usages.Select(value).OfType<long>().ToList() is { Count: > 0 } known ? known.Sum() : null;

    private static double? Known(
        IEnumerable<HpcContainerUsage> usages, Func<HpcContainerUsage, double?> value, Func<IEnumerable<double>, double> fold) =>
        usages.Select(value).OfType<double>().ToList() is { Count: > 0 } known ? fold(known) : null;

    /// <summary>A sum of limits: where one has none there is none.</summary>
    private static double? All(IReadOnlyCollection<HpcContainerUsage> usages, Func<HpcContainerUsage, double?> limit) =>
        usages.Select(limit).OfType<double>().ToList() is { } known && known.Count == usages.Count ? known.Sum() : null;
}

/// <summary>What containers' use is added up to.</summary>
public enum UsageGroup
{
    /// <summary>Nothing: each container has its own.</summary>
    Container,

    /// <summary>Each job and each static environment, over all nodes.</summary>
    Job,

    /// <summary>Each node.</summary>
    Node,
}
