using System.Globalization;
using PisaHpc.Nodes;

namespace PisaHpc.Containers;

/// <summary>
/// What the kernel says of a container's own control group, which is made when the container starts: every counter began at 0 then. That a
/// process ended with code 137 proves nothing; these do. A member is null where the kernel does not count it.
/// </summary>
internal sealed record ControlGroup
{
    /// <summary>Version 1 writes the greatest number of whole pages where there is no limit, whatever a page is.</summary>
    private const long NoLimit = long.MaxValue - (1 << 20);

    private static readonly NodeScript Script = NodeScript.Of("Containers/control-groups.sh");

    /// <summary>The group's directory on the node, of version 1 the memory controller's, where the kernel has that.</summary>
    public required string Path { get; init; }

    /// <summary>
    /// Processes of it that the kernel killed for memory: oom_kill of memory.events (cgroup-v2.rst) and of memory.oom_control (Linux 4.13).
    /// </summary>
    public long? Kills { get; init; }

    /// <summary>
    /// How often its own limit was in the way: oom of memory.events, memory.failcnt of version 1. With kills and without these, the memory
    /// of a group above it, or of the node, ran out.
    /// </summary>
    public long? LimitHits { get; init; }

    /// <summary>The most memory that it used, in bytes: memory.peak (Linux 5.19), memory.max_usage_in_bytes.</summary>
    public long? PeakBytes { get; init; }

    /// <summary>Its limit of memory in bytes; null for none.</summary>
    public long? LimitBytes { get; init; }

    /// <summary>Its CPU quota in CPUs: cpu.max, and cpu.cfs_quota_us by cpu.cfs_period_us; null for none.</summary>
    public double? Cpus { get; init; }

    /// <summary>The CPU time that it used, in seconds: usage_usec of cpu.stat, cpuacct.usage.</summary>
    public double? CpuSeconds { get; init; }

    /// <summary>
    /// The percentage of the last ten seconds in which some of its processes waited for a CPU: some avg10 of cpu.pressure
    /// (cgroup-v2.rst; Documentation/accounting/psi.rst). Version 1 does not count it for a group.
    /// </summary>
    public double? CpuPressure { get; init; }

    /// <summary>The same of processes that waited for memory: memory.pressure.</summary>
    public double? MemoryPressure { get; init; }

    /// <summary>The same of processes that waited for block devices: io.pressure.</summary>
    public double? IoPressure { get; init; }

    /// <summary>Reads the groups of containers that run, in one round trip.</summary>
    /// <param name="ids">The containers' full ids.</param>
    /// <param name="root">The directory that stands for the node's root; a node's own is empty.</param>
    /// <returns>The groups by id; a container whose group was not found, since it has ended, is not among them.</returns>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>.</exception>
    public static async Task<IReadOnlyDictionary<string, ControlGroup>> ReadAsync(
        INodeConnection connection, IReadOnlyCollection<string> ids, CancellationToken cancellationToken, string root = "")
    {
        var said = await ScriptReply.AskAsync(connection, Script, [root, .. ids], cancellationToken);
        return ids.Where(id => said.Has($"{id}.cgroup")).ToDictionary(id => id, id => Of(id, said)!, StringComparer.Ordinal);
    }

    /// <summary>Looks for the group of a container that runs, in one round trip.</summary>
    /// <param name="id">The container's full id.</param>
    /// <param name="root">The directory that stands for the node's root; a node's own is empty.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>.</exception>
    public static async Task<ControlGroupSight> LookAsync(
        INodeConnection connection, string id, CancellationToken cancellationToken, string root = "")
    {
        var said = await ScriptReply.AskAsync(connection, Script, [root, id], cancellationToken);
        return new ControlGroupSight(Of(id, said), said.Has($"{id}.unmounted.cpu"), said.Has($"{id}.unmounted.memory"))
        {
            HasProcesses = !said.Has($"{id}.empty"),
        };
    }

    private static ControlGroup? Of(string id, ScriptReply said) => said[$"{id}.cgroup"] is not { } path ? null : new ControlGroup
    {
        Path = path,
        Kills = Number(said[$"{id}.kills"]),
        LimitHits = Number(said[$"{id}.hits"]),
        PeakBytes = Number(said[$"{id}.peak"]),
        LimitBytes = Number(said[$"{id}.limit"]) is < NoLimit and var limit ? limit : null,
        Cpus = Number(said[$"{id}.quota"]) is { } quota && Number(said[$"{id}.period"]) is > 0 and var period
            ? (double)quota / period
            : null,
        CpuSeconds = Number(said[$"{id}.nanoseconds"]) / 1e9 ?? Number(said[$"{id}.microseconds"]) / 1e6,
        CpuPressure = Percentage(said[$"{id}.cpu-pressure"]),
        MemoryPressure = Percentage(said[$"{id}.memory-pressure"]),
        IoPressure = Percentage(said[$"{id}.io-pressure"]),
    };

    /// <summary>A number; null for the words max and -1, which stand for no limit.</summary>
    private static long? Number(string? text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static double? Percentage(string? text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percentage) ? percentage : null;
}

/// <summary>What a node sees of a container's control group.</summary>
/// <param name="Group">What was found; null for none.</param>
/// <param name="AreCpusUnseen">
/// Whether the group with the CPU quota is in no hierarchy that is mounted there. Where the kernel has no controller for it, that is as
/// good as no quota, and not unseen.
/// </param>
/// <param name="IsMemoryUnseen">The same of the limit of memory.</param>
internal sealed record ControlGroupSight(ControlGroup? Group, bool AreCpusUnseen, bool IsMemoryUnseen)
{
    /// <summary>Whether any process of the node's is in a control group of the container. Root sees all of them.</summary>
    public bool HasProcesses { get; init; } = true;
}
