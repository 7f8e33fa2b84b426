using System.Globalization;
using PisaHpc.Nodes;

namespace PisaHpc.Containers;

/// <summary>
/// What the kernel counted in a container's own memory control group, which is made when the container starts: every counter began at 0
/// then. That a process ended with code 137 proves nothing; these do. A member is null where the kernel does not count it.
/// </summary>
/// <param name="Cgroup">The group's directory on the node.</param>
/// <param name="Kills">
/// Processes of it that the kernel killed for memory: oom_kill of memory.events (cgroup-v2.rst) and of memory.oom_control (Linux 4.13).
/// </param>
/// <param name="LimitHits">
/// How often its own limit was in the way: oom of memory.events, memory.failcnt of version 1. With kills and without these, the memory of a
/// group above it, or of the node, ran out.
/// </param>
/// <param name="PeakBytes">The most that it used: memory.peak (Linux 5.19), memory.max_usage_in_bytes.</param>
/// <param name="LimitBytes">Its limit; null for none.</param>
internal sealed record MemoryCounters(string Cgroup, long? Kills, long? LimitHits, long? PeakBytes, long? LimitBytes)
{
    /// <summary>Version 1 writes the greatest number of whole pages where there is no limit, whatever a page is.</summary>
    private const long NoLimit = long.MaxValue - (1 << 20);

    private static readonly NodeScript Script = NodeScript.Of("Containers/memory-counters.sh");

    /// <summary>Reads the counters of containers that run, in one round trip.</summary>
    /// <param name="ids">The containers' full ids.</param>
    /// <param name="root">The directory that stands for the node's root; a node's own is empty.</param>
    /// <returns>The counters by id; a container whose group was not found, since it has ended, is not among them.</returns>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>.</exception>
    public static async Task<IReadOnlyDictionary<string, MemoryCounters>> ReadAsync(
        INodeConnection connection, IReadOnlyCollection<string> ids, CancellationToken cancellationToken, string root = "")
    {
        var said = await ScriptReply.AskAsync(connection, Script, [root, .. ids], cancellationToken);
        return ids.Where(id => said.Has($"{id}.cgroup")).ToDictionary(
            id => id,
            id => new MemoryCounters(
                said[$"{id}.cgroup"]!,
                Number(said[$"{id}.kills"]),
                Number(said[$"{id}.hits"]),
                Number(said[$"{id}.peak"]),
                Number(said[$"{id}.limit"]) is < NoLimit and var limit ? limit : null),
            StringComparer.Ordinal);
    }

    private static long? Number(string? text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
