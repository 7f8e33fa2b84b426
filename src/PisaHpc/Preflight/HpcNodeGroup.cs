using PisaHpc.HostLists;

namespace PisaHpc.Preflight;

/// <summary>
/// Nodes that are alike: in the same state for the same reason, with the same engine, kernel, cores, memory and adapters.
/// </summary>
public sealed record HpcNodeGroup
{
    /// <summary>The nodes, each once.</summary>
    public required IReadOnlyList<string> Nodes { get => HostList.Readable(field); init; }

    /// <summary>The nodes as a host list.</summary>
    public string NodeList => HostList.FoldFound(Nodes);

    /// <summary>How many nodes they are.</summary>
    public int Count => Nodes.Count;

    /// <summary>Their state: the word, one of <see cref="NodeState"/>.</summary>
    public required string State { get; init; }

    /// <summary>Why they are not ready: the id of the failure, one of <see cref="Errors.ErrorId"/>; null when they are.</summary>
    public string? ErrorId { get; init; }

    /// <summary>Why they are not ready, in words; null when they are.</summary>
    public string? Reason { get; init; }

    /// <summary>The engine's version.</summary>
    public string? EngineVersion { get; init; }

    /// <summary>The release of the kernel.</summary>
    public string? Kernel { get; init; }

    /// <summary>The CPUs of each that are online.</summary>
    public int? Cores { get; init; }

    /// <summary>The memory of each in GiB, rounded: nodes of one model differ by some pages.</summary>
    public int? MemoryGiB { get; init; }

    /// <summary>The InfiniBand and RoCE adapters of each, by name.</summary>
    public IReadOnlyList<string> Devices { get => Readable.Words(field); init; } = [];

    /// <summary>The ports of those adapters that are active on each.</summary>
    public int? ActivePorts { get; init; }

    /// <summary>The containers of jobs that run on all of them.</summary>
    public required int Containers { get; init; }

    /// <summary>The jobs that those containers belong to, each once.</summary>
    public required IReadOnlyList<string> Jobs { get => Readable.Words(field); init; }

    /// <summary>Puts nodes that are alike together, in the order of the first of each group.</summary>
    public static IReadOnlyList<HpcNodeGroup> Of(IEnumerable<HpcNode> nodes) =>
        [.. nodes.GroupBy(Likeness).Select(same => Of([.. same]))];

    /// <summary>The nodes and their state.</summary>
    public override string ToString() => Reason is null ? $"{NodeList}: {State}" : $"{NodeList}: {State}: {Reason}";

    /// <summary>What has to be equal. What a node is busy with at the moment is not.</summary>
    private static object Likeness(HpcNode node) => (
        node.State,
        node.ErrorId,
        NodeSentence.Of(node.Reason ?? "", node.Node),
        node.EngineVersion,
        node.Kernel,
        (node.Cores, GiB(node), string.Join(' ', node.Devices), node.ActivePorts));

    private static HpcNodeGroup Of(List<HpcNode> nodes)
    {
        var names = HostList.SortFound(nodes.Select(node => node.Node));
        var first = nodes[0];
        return new HpcNodeGroup
        {
            Nodes = names,
            State = first.State,
            ErrorId = first.ErrorId,
            Reason = first.Reason is { } reason ? NodeSentence.Of(reason, first.Node).In(HostList.FoldFound(names)) : null,
            EngineVersion = first.EngineVersion,
            Kernel = first.Kernel,
            Cores = first.Cores,
            MemoryGiB = GiB(first),
            Devices = first.Devices,
            ActivePorts = first.ActivePorts,
            Containers = nodes.Sum(node => node.Containers ?? 0),
            Jobs = [.. nodes.SelectMany(node => node.Jobs).Distinct(StringComparer.Ordinal)],
        };
    }

    private static int? GiB(HpcNode node) => node.MemoryBytes is { } bytes ? (int)Math.Round(bytes / (double)(1 << 30)) : null;
}
