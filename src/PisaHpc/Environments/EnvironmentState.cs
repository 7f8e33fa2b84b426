using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Sites;

namespace PisaHpc.Environments;

/// <summary>What a node has of static environments.</summary>
/// <param name="Node">The node.</param>
/// <param name="Declared">What is declared for it, and meant.</param>
/// <param name="Containers">All of its containers.</param>
public sealed record EnvironmentState(
    string Node, IReadOnlyList<ComparedContainer> Declared, IReadOnlyList<EngineContainer> Containers)
{
    /// <summary>What is declared for it, and meant, and cannot be planned.</summary>
    public IReadOnlyList<UnplannedContainer> Unplanned { get; init; } = [];

    /// <summary>What its clock showed at that; null where it does not tell.</summary>
    public DateTimeOffset? Now { get; init; }

    /// <summary>How what is declared and what is there differ, and who else has a port of what is declared.</summary>
    public IEnumerable<HpcEnvironmentDifference> Differences() =>
        Declared.SelectMany(container => RestartLoop.In(container, Now))
            .Concat(Unplanned.SelectMany(EnvironmentComparison.Of))
            .Concat(ForeignContainers.OnPortsOf(this));

    /// <summary>
    /// The nodes that are without a static environment which is meant there, by its name: users do not get in, or the node did not answer.
    /// </summary>
    /// <param name="meant">What is meant of the declarations of each node.</param>
    /// <param name="answered">The nodes that answered.</param>
    public static ILookup<string, string> Without(
        IReadOnlyDictionary<string, IReadOnlyList<StaticDefinition>> meant, IEnumerable<EnvironmentState> answered)
    {
        var states = answered.ToDictionary(state => state.Node, StringComparer.Ordinal);
        var without = from node in meant
                      let state = states.GetValueOrDefault(node.Key)
                      let down = state?.Down().ToHashSet(StringComparer.Ordinal)
                      from definition in node.Value
                      where down is null || down.Contains(definition.Name)
                      select (definition.Name, Node: node.Key);
        return without.ToLookup(one => one.Name, one => one.Node, StringComparer.Ordinal);
    }

    /// <summary>The static environments into which nobody gets here; one that cannot be planned and runs serves all the same.</summary>
    private IEnumerable<string> Down() =>
        from difference in Differences()
        where difference.Severity == nameof(DifferenceSeverity.Error) && difference.Kind != nameof(DifferenceKind.NotPlanned)
        select difference.Static;
}

/// <summary>A declared container beside what the node has in its place.</summary>
public sealed record ComparedContainer(HpcContainerPlan Plan, FoundContainer Found)
{
    /// <summary>How the two differ.</summary>
    public IReadOnlyList<HpcEnvironmentDifference> Differences() => EnvironmentComparison.Of(Plan, Found);
}

/// <summary>
/// A declared container that cannot be planned for a node: what it needs is not there, or nobody knows which image is meant.
/// </summary>
/// <param name="Node">The node.</param>
/// <param name="Static">The static environment.</param>
/// <param name="Name">The container's name.</param>
/// <param name="Failure">Why it cannot be planned.</param>
/// <param name="Container">The container of its name; null when there is none.</param>
public sealed record UnplannedContainer(string Node, string Static, string Name, HpcException Failure, EngineContainer? Container);
