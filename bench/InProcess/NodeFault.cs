namespace PisaHpc.Bench;

/// <summary>What is asked of a node from nothing to ready, step by step, and to take that back.</summary>
[Flags]
internal enum NodeStep
{
    None = 0,
    Connect = 1,
    Survey = 2,
    Write = 4,
    Create = 8,
    Start = 16,
    Ready = 32,
    Remove = 64,
    RemoveAccess = 128,
}

/// <summary>What is wrong with a node.</summary>
[Flags]
internal enum FaultKind
{
    None = 0,
    Fails = 1,
    Slow = 2,
    Silent = 4,
}

/// <summary>A node that is not as it should be.</summary>
/// <param name="Kind">It fails, takes ten times as long, or says nothing.</param>
/// <param name="Step">In which step; it is as it should be in the others.</param>
internal sealed record NodeFault(FaultKind Kind, NodeStep Step)
{
    /// <summary>How many times as long a slow node takes.</summary>
    public const double SlowFactor = 10;

    /// <summary>
    /// The faults of one node in so many as the model says, by the nodes' numbers alone. Kinds and steps go round beside each other: three
    /// kinds and two or four steps meet in every pair.
    /// </summary>
    public static IReadOnlyDictionary<string, NodeFault> Spread(IReadOnlyList<string> names, NodeModel model)
    {
        var kinds = Of(model.Faults);
        var steps = Of(model.FaultyAt);
        return names.Where((_, number) => model.Faulty > 0 && number % model.Faulty == model.Faulty / 2).Index().ToDictionary(
            fault => fault.Item,
            fault => new NodeFault(kinds[fault.Index % kinds.Count], steps[fault.Index % steps.Count]),
            StringComparer.Ordinal);
    }

    private static IReadOnlyList<T> Of<T>(T flags)
        where T : struct, Enum => [.. Enum.GetValues<T>().Where(one => Convert.ToInt32(one, null) != 0 && flags.HasFlag(one))];
}
