using PisaHpc.HostLists;

namespace PisaHpc.Batch;

/// <summary>Gathers nodes and their slots from the forms in which batch systems write them.</summary>
internal static class NodeSlots
{
    /// <summary>The nodes of a list that names a node once for each slot, in the order in which they come first.</summary>
    /// <param name="source">Where they stand, for the errors.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.AllocationNotFound"/> for an empty list.</exception>
    public static IReadOnlyList<AllocatedNode> Count(IEnumerable<string> names, string source) =>
        Sum(names.Select(name => (HostNames.Validate(name, source), 1)), source);

    /// <summary>The nodes of a list of names and numbers; a node that comes twice has the sum.</summary>
    /// <param name="counts">Names and slots.</param>
    /// <param name="source">Where they stand, for the errors.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.AllocationNotFound"/> for an empty list.</exception>
    public static IReadOnlyList<AllocatedNode> Sum(IEnumerable<(string Name, int Slots)> counts, string source) =>
        Merge(counts.Select(count => new AllocatedNode(count.Name, count.Slots)), source);

    /// <summary>
    /// Each node once, in the order in which they come first; one that comes twice has the sums, of CPUs and memory where all are known.
    /// </summary>
    /// <param name="source">Where they stand, for the errors.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.AllocationNotFound"/> for an empty list.</exception>
    public static IReadOnlyList<AllocatedNode> Merge(IEnumerable<AllocatedNode> nodes, string source)
    {
        // An ordered dictionary: the first node is where the job's script runs.
        var merged = new OrderedDictionary<string, AllocatedNode>(StringComparer.Ordinal);
        foreach (var node in nodes)
        {
            merged[node.Name] = merged.TryGetValue(node.Name, out var earlier)
                ? Joined(earlier, node)
                : node;
        }

        return merged.Count > 0
            ? [.. merged.Values]
            : throw new HpcException(ErrorId.AllocationNotFound, $"{source} names no node.", source);
    }

    private static AllocatedNode Joined(AllocatedNode one, AllocatedNode other) => other with
    {
        Slots = one.Slots + other.Slots,
        Cpus = one.Cpus + other.Cpus,
        MemoryBytes = one.MemoryBytes is -1 || other.MemoryBytes is -1 ? -1 : one.MemoryBytes + other.MemoryBytes,
    };
}
