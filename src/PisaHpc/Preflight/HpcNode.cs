namespace PisaHpc.Preflight;

/// <summary>A node at the moment it was asked. What could not be asked is null.</summary>
public sealed record HpcNode
{
    /// <summary>The node.</summary>
    public required string Node { get; init; }

    /// <summary>The state: the word, one of <see cref="NodeState"/>.</summary>
    public required string State { get; init; }

    /// <summary>Why the node is not ready: the id of the failure, one of <see cref="Errors.ErrorId"/>; null when it is.</summary>
    public string? ErrorId { get; init; }

    /// <summary>Why the node is not ready, in words; null when it is.</summary>
    public string? Reason { get; init; }

    /// <summary>The engine's version.</summary>
    public string? EngineVersion { get; init; }

    /// <summary>The version of the engine's API that was agreed on.</summary>
    public string? ApiVersion { get; init; }

    /// <summary>The release of the kernel, as uname(1) prints it.</summary>
    public string? Kernel { get; init; }

    /// <summary>The CPUs that are online, hardware threads each counted (getconf(1), _NPROCESSORS_ONLN).</summary>
    public int? Cores { get; init; }

    /// <summary>The load of the last minute (proc_loadavg(5)).</summary>
    public double? Load { get; init; }

    /// <summary>Memory in bytes (MemTotal of proc_meminfo(5)).</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Memory in bytes that programs can still have without swapping (MemAvailable of proc_meminfo(5)).</summary>
    public long? MemoryAvailableBytes { get; init; }

    /// <summary>The InfiniBand and RoCE adapters, by name; empty when there is none.</summary>
    public IReadOnlyList<string> Devices { get => Readable.Words(field); init; } = [];

    /// <summary>The ports of those adapters that are active.</summary>
    public int? ActivePorts { get; init; }

    /// <summary>The images that the engine holds.</summary>
    public int? Images { get; init; }

    /// <summary>The containers of jobs that run.</summary>
    public int? Containers { get; init; }

    /// <summary>The jobs that those containers belong to, each once.</summary>
    public IReadOnlyList<string> Jobs { get => Readable.Words(field); init; } = [];

    /// <summary>A node that could not be asked.</summary>
    /// <param name="failure">Why.</param>
    public static HpcNode Unreachable(string node, HpcException failure) => new()
    {
        Node = node,
        State = failure.Id == Errors.ErrorId.NodeTimeout ? nameof(NodeState.Slow) : nameof(NodeState.Unreachable),
        ErrorId = failure.Id.ToString(),
        Reason = failure.Message,
    };

    /// <summary>The node and its state, and why it is not ready.</summary>
    public override string ToString() => Reason is null ? $"{Node}: {State}" : $"{Node}: {State}: {Reason}";
}

/// <summary>Whether a node can take jobs in containers.</summary>
public enum NodeState
{
    /// <summary>The node and its engine answer.</summary>
    Ready,

    /// <summary>The node or its engine did not answer in time: slow, as at a first use and under load, or hanging.</summary>
    Slow,

    /// <summary>The node answers and its engine refuses to, is not there, or is too old.</summary>
    NoEngine,

    /// <summary>The node does not answer, refuses the login or its commands, or shows a host key that is not known.</summary>
    Unreachable,
}

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
