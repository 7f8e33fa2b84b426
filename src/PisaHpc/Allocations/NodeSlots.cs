namespace PisaHpc.Allocations;

/// <summary>Gathers nodes and their slots from the forms in which batch systems write them.</summary>
internal static class NodeSlots
{
    /// <summary>The nodes of a list that names a node once for each slot, in the order in which they come first.</summary>
    /// <param name="names">The names.</param>
    /// <param name="source">Where they stand, for the errors.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.AllocationNotFound"/> for an empty list.</exception>
    public static IReadOnlyList<AllocatedNode> Count(IEnumerable<string> names, string source) =>
        Sum(names.Select(name => (HostNames.Validate(name, source), 1)), source);

    /// <summary>The nodes of a list of names and numbers; a node that comes twice has the sum.</summary>
    /// <param name="counts">Names and slots.</param>
    /// <param name="source">Where they stand, for the errors.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.AllocationNotFound"/> for an empty list.</exception>
    public static IReadOnlyList<AllocatedNode> Sum(IEnumerable<(string Name, int Slots)> counts, string source)
    {
        // An ordered dictionary: the first node is where the job's script runs.
        var slots = new OrderedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var (name, count) in counts)
        {
            slots[name] = slots.GetValueOrDefault(name) + count;
        }

        return slots.Count > 0
            ? [.. slots.Select(pair => new AllocatedNode(pair.Key, pair.Value))]
            : throw new HpcException(ErrorId.AllocationNotFound, $"{source} names no node.", source);
    }
}
