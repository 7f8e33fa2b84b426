using System.Globalization;
using PisaHpc.Containers;
using PisaHpc.Engines;

namespace PisaHpc.Environments;

/// <summary>
/// Containers of a node that the module did not make. One that has the name of a declared container is a difference of that one
/// (<see cref="EnvironmentComparison"/>). In the node's network an engine does not know on which ports a container listens.
/// </summary>
public static class ForeignContainers
{
    /// <summary>Those to which the node's port of a declared container leads.</summary>
    public static IEnumerable<HpcEnvironmentDifference> OnPortsOf(EnvironmentState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return from container in Others(state)
               from plan in state.Declared.Select(declared => declared.Plan)
               where container.Published.Any(published => published.Port == plan.Port && published.Protocol == "tcp")
               select Of(state.Node, container) with
               {
                   Static = plan.Static!,
                   Part = "port",
                   Wanted = $"{Number(plan.Port)} for {plan.Name}",
                   Actual = $"{Number(plan.Port)} leads to {Words(container)}",
                   Remedy = $"See whose it is, and stop it or give it another port: it is in the way of static environment {plan.Static}.",
               };
    }

    /// <summary>All of them, but those that <see cref="OnPortsOf"/> tells.</summary>
    public static IEnumerable<HpcEnvironmentDifference> On(EnvironmentState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var told = OnPortsOf(state).Select(difference => difference.Container).ToHashSet(StringComparer.Ordinal);
        return Others(state).Where(container => !told.Contains(container.Name)).Select(container => Of(state.Node, container));
    }

    private static IEnumerable<EngineContainer> Others(EnvironmentState state)
    {
        var names = state.Declared.Select(declared => declared.Plan.Name).Concat(state.Unplanned.Select(unplanned => unplanned.Name))
            .ToHashSet(StringComparer.Ordinal);
        return state.Containers.Where(container => ContainerLabels.WorkloadOf(container) is null && !names.Contains(container.Name))
            .OrderBy(container => container.Name, StringComparer.Ordinal);
    }

    private static HpcEnvironmentDifference Of(string node, EngineContainer container) => new()
    {
        Node = node,
        Static = "",
        Container = container.Name,
        Kind = nameof(DifferenceKind.Foreign),
        Wanted = "none",
        Actual = Words(container),
        Severity = nameof(DifferenceSeverity.Warning),
        Remedy = RemedyOn(node),
    };

    private static string RemedyOn(string node) =>
        $"See how far it is walled off from its node: Test-HpcContainer {node} -IncludeForeign";

    private static string Words(EngineContainer container) => $"{container.Image}, {container.State}, which somebody else made";

    private static string Number(int port) => port.ToString(CultureInfo.InvariantCulture);
}
