using PisaHpc.HostLists;

namespace PisaHpc.Environments;

/// <summary>A difference that nodes have alike, in the same words but for the node's name.</summary>
public sealed record HpcEnvironmentDifferenceGroup
{
    /// <summary>The nodes, each once.</summary>
    public required IReadOnlyList<string> Nodes { get => HostList.Readable(field); init; }

    /// <summary>The nodes as a host list.</summary>
    public string NodeList => HostList.FoldFound(Nodes);

    /// <summary>How many nodes they are.</summary>
    public int Count => Nodes.Count;

    /// <summary>The static environment; empty for a container that names none.</summary>
    public required string Static { get; init; }

    /// <summary>The container's name.</summary>
    public required string Container { get; init; }

    /// <summary>What kind of difference it is: the word, one of <see cref="DifferenceKind"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>Which part of the container differs; empty for the container as a whole.</summary>
    public string Part { get; init; } = "";

    /// <summary>What is declared.</summary>
    public required string Wanted { get; init; }

    /// <summary>What is there.</summary>
    public required string Actual { get; init; }

    /// <summary>How bad it is: the word, one of <see cref="DifferenceSeverity"/>.</summary>
    public required string Severity { get; init; }

    /// <summary>What to do about it on all of them.</summary>
    public required string Remedy { get; init; }

    /// <summary>Puts what differs alike together, in the order of the first of each group.</summary>
    public static IReadOnlyList<HpcEnvironmentDifferenceGroup> Of(IEnumerable<HpcEnvironmentDifference> differences) =>
    [
        .. from difference in differences
           let node = difference.Node
           group node by (
               Others: difference with { Node = "", Wanted = "", Actual = "", Remedy = "" },
               Wanted: NodeSentence.Of(difference.Wanted, node),
               Actual: NodeSentence.Of(difference.Actual, node),
               Remedy: NodeSentence.Of(difference.Remedy, node)) into same
           let nodes = HostList.SortFound(same)
           let list = HostList.FoldFound(nodes)
           select new HpcEnvironmentDifferenceGroup
           {
               Nodes = nodes,
               Static = same.Key.Others.Static,
               Container = same.Key.Others.Container,
               Kind = same.Key.Others.Kind,
               Part = same.Key.Others.Part,
               Wanted = same.Key.Wanted.In(list),
               Actual = same.Key.Actual.In(list),
               Severity = same.Key.Others.Severity,
               Remedy = same.Key.Remedy.In(Argument(list)),
           },
    ];

    /// <summary>It in a line.</summary>
    public override string ToString() =>
        $"{NodeList} {Container}: {Kind}{(Part.Length > 0 ? $" {Part}" : "")}: {Words(Actual)}, and {Words(Wanted)} is declared";

    /// <summary>A host list as a command takes it, whole: a comma would make two arguments of one.</summary>
    private static string Argument(string list) => list.Contains('[', StringComparison.Ordinal) ? $"'{list}'" : list;

    private static string Words(string value) => value.Length > 0 ? value : "nothing";
}
