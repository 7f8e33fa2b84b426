using PisaHpc.Allocations;
using PisaHpc.Ports;

namespace PisaHpc.Jobs;

/// <summary>The nodes that a lease names.</summary>
internal static class JobNodes
{
    /// <summary>Lists the nodes.</summary>
    /// <param name="lease">The lease; null when the job has none.</param>
    public static IReadOnlyList<AllocatedNode> Of(JobPort? lease) => lease?.NodeSlots is { Length: > 0 } nodes ? SlotMap.Parse(nodes) : [];
}
