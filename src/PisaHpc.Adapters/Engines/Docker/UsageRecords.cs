using Docker.DotNet.Models;
using PisaHpc.Engines;

namespace PisaHpc.Adapters.Engines.Docker;

/// <summary>What a container uses, in the domain's terms.</summary>
internal static class UsageRecords
{
    /// <summary>A sample of a running container.</summary>
    public static ContainerUsage Of(ContainerStatsResponse answer)
    {
        var memory = answer.MemoryStats;
        var cpu = answer.CPUStats;
        return new ContainerUsage
        {
            Time = ContainerRecords.UtcOf(answer.Read),
            MemoryBytes = (long?)memory?.Usage,
            WorkingSetBytes = WorkingSetOf(memory),
            MemoryLimitBytes = LimitOf(memory?.Limit),
            CpuTime = TimeOf(cpu?.CPUUsage?.TotalUsage),
            ThrottledTime = TimeOf(cpu?.ThrottlingData?.ThrottledTime),
            Pids = (long?)answer.PidsStats?.Current,
            PidsLimit = LimitOf(answer.PidsStats?.Limit),
            BlockReadBytes = BlockOf(answer.BlkioStats, "read"),
            BlockWriteBytes = BlockOf(answer.BlkioStats, "write"),
            NetworkReceivedBytes = NetworkOf(answer.Networks, network => network.RxBytes),
            NetworkSentBytes = NetworkOf(answer.Networks, network => network.TxBytes),
        };
    }

    /// <summary>What is used without the page cache; engines read the two at two moments, and the cache may be the greater.</summary>
    private static long? WorkingSetOf(MemoryStats? memory) =>
        memory?.Usage is { } usage ? (long)(InactiveOf(memory) is var cache && cache < usage ? usage - cache : usage) : null;

    /// <summary>Page cache not used of late: total_inactive_file of cgroup v1, inactive_file of v2, as docker/cli counts.</summary>
    private static ulong InactiveOf(MemoryStats? memory)
    {
        var stats = memory?.Stats ?? new Dictionary<string, ulong>();
        return stats.TryGetValue("total_inactive_file", out var v1) ? v1 : stats.TryGetValue("inactive_file", out var v2) ? v2 : 0;
    }

    /// <summary>A limit; engines write 0, or the greatest number, where there is none.</summary>
    private static long? LimitOf(ulong? limit) => limit is > 0 and <= long.MaxValue ? (long)limit : null;

    private static TimeSpan? TimeOf(ulong? nanoseconds) =>
        nanoseconds is { } time ? TimeSpan.FromTicks((long)(time / TimeSpan.NanosecondsPerTick)) : null;

    /// <summary>Null where the engine lists no device: it cannot be told from a node that does not count.</summary>
    private static long? BlockOf(BlkioStats? block, string operation) => block?.IoServiceBytesRecursive is { Count: > 0 } entries
        ? entries.Where(entry => string.Equals(entry.Op, operation, StringComparison.OrdinalIgnoreCase)).Sum(entry => (long)entry.Value)
        : null;

    /// <summary>Null where the container has no interface of its own.</summary>
    private static long? NetworkOf(IDictionary<string, NetworkStats>? networks, Func<NetworkStats, ulong> bytes) =>
        networks is { Count: > 0 } ? networks.Values.Sum(network => (long)bytes(network)) : null;
}

/// <summary>Takes the one sample that was asked for, on the thread that read it.</summary>
internal sealed class UsageSample : IProgress<ContainerStatsResponse>
{
    /// <summary>The sample; null for a container that does not run, of which the engine says that it was read in year 1.</summary>
    public ContainerStatsResponse? Answer { get; private set; }

    /// <inheritdoc/>
    public void Report(ContainerStatsResponse value) => Answer = value.Read.Year > 1 ? value : null;
}
