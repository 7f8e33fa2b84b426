namespace PisaHpc.Preflight;

/// <summary>Many nodes in one row.</summary>
public sealed record HpcNodeSummary
{
    /// <summary>The nodes that were asked.</summary>
    public required int Nodes { get; init; }

    /// <summary>Those that are ready.</summary>
    public required int Ready { get; init; }

    /// <summary>Those that did not answer in time, or whose engine did not.</summary>
    public int Slow { get; init; }

    /// <summary>Those that answer and whose engine does not.</summary>
    public required int NoEngine { get; init; }

    /// <summary>Those that do not answer.</summary>
    public required int Unreachable { get; init; }

    /// <summary>The cores of all nodes that answer.</summary>
    public required int Cores { get; init; }

    /// <summary>The memory of all nodes that answer, in bytes.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>The containers of jobs that run on them.</summary>
    public required int Containers { get; init; }

    /// <summary>The jobs on them: one that runs on many nodes counts once.</summary>
    public required int Jobs { get; init; }

    /// <summary>Sums nodes up.</summary>
    public static HpcNodeSummary Of(IReadOnlyCollection<HpcNode> nodes) => new()
    {
        Nodes = nodes.Count,
        Ready = nodes.Count(node => node.State == nameof(NodeState.Ready)),
        Slow = nodes.Count(node => node.State == nameof(NodeState.Slow)),
        NoEngine = nodes.Count(node => node.State == nameof(NodeState.NoEngine)),
        Unreachable = nodes.Count(node => node.State == nameof(NodeState.Unreachable)),
        Cores = nodes.Sum(node => node.Cores ?? 0),
        MemoryBytes = nodes.Sum(node => node.MemoryBytes ?? 0),
        Containers = nodes.Sum(node => node.Containers ?? 0),
        Jobs = nodes.SelectMany(node => node.Jobs).Distinct(StringComparer.Ordinal).Count(),
    };

    /// <summary>The summary as a line for a reader.</summary>
    public override string ToString() =>
        $"{Plural.Of(Nodes, "node")}: {Ready} ready, {(Slow > 0 ? $"{Slow} slow, " : "")}{NoEngine} without engine, "
        + $"{Unreachable} unreachable; "
        + $"{Plural.Of(Cores, "core")}, {Math.Round(MemoryBytes / (double)(1 << 30)):0} GiB; "
        + $"{Plural.Of(Jobs, "job")} in {Plural.Of(Containers, "container")}";
}
