using PisaHpc.Access.Login;
using PisaHpc.Containers;
using PisaHpc.Engines;

namespace PisaHpc.Environments;

/// <summary>What a node has in place of a container that is declared for it.</summary>
/// <param name="Container">The container of its name; null when there is none.</param>
/// <param name="Inspection">What its engine says of it; null when there is none, or it is not the module's.</param>
/// <param name="Refusal">Why nobody gets in; null where that was not tried, or somebody does.</param>
public sealed record FoundContainer(EngineContainer? Container, ContainerInspection? Inspection, string? Refusal);

/// <summary>Compares what is declared for a node with what it has. Pure.</summary>
public static class EnvironmentComparison
{
    /// <summary>Lists how a container differs from its plan; nothing where it runs as declared.</summary>
    public static IReadOnlyList<HpcEnvironmentDifference> Of(HpcContainerPlan plan, FoundContainer found)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(found);
        if (found.Container is not { } container)
        {
            return [Whole(Place.Of(plan), DifferenceKind.Missing, "a container", "none")];
        }

        if (ContainerLabels.WorkloadOf(container) != plan.Workload)
        {
            var stranger = $"{container.Image}, which somebody else made";
            return [Whole(Place.Of(plan), DifferenceKind.Foreign, $"a container of {plan.Workload}", stranger)];
        }

        return [.. StateOf(Place.Of(plan), container, found.Refusal), .. PartsOf(plan, container, found.Inspection)];
    }

    /// <summary>What cannot be planned is a difference of its own, beside the state of what is there.</summary>
    internal static IReadOnlyList<HpcEnvironmentDifference> Of(UnplannedContainer unplanned)
    {
        var (failure, at) = (unplanned.Failure, new Place(unplanned.Node, unplanned.Static, unplanned.Name));
        var why = Whole(at, DifferenceKind.NotPlanned, "what is declared", Line(failure.Message)) with
        {
            Remedy = failure.RecommendedAction ?? RemedyOf(at, DifferenceKind.NotPlanned),
        };
        return unplanned.Container is { } container
            ? [why, .. StateOf(at, container, refusal: null)]
            : [why, Whole(at, DifferenceKind.Missing, "a container", "none")];
    }

    /// <summary>A container that runs now, and ends again and again.</summary>
    /// <param name="actual">How often, in words.</param>
    internal static HpcEnvironmentDifference Looping(HpcContainerPlan plan, string actual) =>
        Whole(Place.Of(plan), DifferenceKind.Restarting, nameof(ContainerState.Running), actual);

    /// <summary>The containers of static environments that are not declared on a node.</summary>
    /// <param name="declared">The names of the static environments that are declared on it.</param>
    /// <param name="containers">All containers of it.</param>
    public static IEnumerable<HpcEnvironmentDifference> UndeclaredOf(
        string node, IReadOnlySet<string> declared, IEnumerable<EngineContainer> containers) =>
        from container in containers.Where(container => IsUndeclared(declared, container))
            .OrderBy(container => container.Name, StringComparer.Ordinal)
        let name = ContainerLabels.WorkloadOf(container)!.Static
        select new HpcEnvironmentDifference
        {
            Node = node,
            Static = name,
            Container = container.Name,
            Kind = nameof(DifferenceKind.Undeclared),
            Wanted = "none",
            Actual = $"{container.Image}, {container.State}",
            Severity = nameof(DifferenceSeverity.Warning),
            Remedy = UndeclaredRemedy(node, name, isAside: IsAside(declared, container)),
        };

    /// <summary>Those of them that may go: not one that was set aside for another, since it may have to come back.</summary>
    /// <param name="declared">The names of the static environments that are declared on the node.</param>
    /// <param name="containers">All containers of it.</param>
    public static IEnumerable<EngineContainer> ToPrune(IReadOnlySet<string> declared, IEnumerable<EngineContainer> containers) =>
        containers.Where(container => IsUndeclared(declared, container) && !IsAside(declared, container));

    private static string UndeclaredRemedy(string node, string name, bool isAside) => isAside
        ? $"A replacement was interrupted. Finish it: Sync-HpcEnvironment {name} -Node {node}"
        : $"Declare it, or take it away: Sync-HpcEnvironment -Node {node} -Prune";

    private static bool IsUndeclared(IReadOnlySet<string> declared, EngineContainer container) =>
        ContainerLabels.WorkloadOf(container) is { Static: { } name }
        && (!declared.Contains(name) || container.Name != ContainerNames.OfStatic(name));

    private static bool IsAside(IReadOnlySet<string> declared, EngineContainer container) =>
        IsReplaced(container) && declared.Contains(ContainerLabels.WorkloadOf(container)!.Static!);

    /// <summary>Whether a container of a static environment was set aside for another one to take its place.</summary>
    internal static bool IsReplaced(EngineContainer container) =>
        ContainerLabels.WorkloadOf(container) is { Static: not null } workload && container.Name == ContainerNames.OfReplaced(workload);

    private static IEnumerable<HpcEnvironmentDifference> StateOf(Place at, EngineContainer container, string? refusal) =>
        container.State switch
        {
            ContainerState.Running => refusal switch
            {
                null => [],
                LoginAccess.LoginsClosed => [Whole(at, DifferenceKind.LoginsClosed, "a login", refusal)],
                _ => [Whole(at, DifferenceKind.NotReady, "a login", refusal)],
            },
            ContainerState.Restarting =>
                [Whole(at, DifferenceKind.Restarting, nameof(ContainerState.Running), "it ends and is started, again and again")],
            var state => [Whole(at, DifferenceKind.NotRunning, nameof(ContainerState.Running), state.ToString())],
        };

    private static List<HpcEnvironmentDifference> PartsOf(
        HpcContainerPlan plan, EngineContainer container, ContainerInspection? inspection)
    {
        var differences = inspection is null
            ? []
            : SpecificationDifferences.Between(plan.GetSpec(), inspection)
                .Select(difference => Part(plan, difference)).ToList();
        var made = container.Labels.GetValueOrDefault(ContainerLabels.Generation);
        if (made == plan.Generation)
        {
            // The same image, known by its tag alone when the container was made.
            return [.. differences.Where(difference => difference.Kind != nameof(DifferenceKind.Image))];
        }

        return differences.Count > 0
            ? differences
            : [Whole(Place.Of(plan), DifferenceKind.Generation, plan.Generation ?? "", made ?? "")];
    }

    private static HpcEnvironmentDifference Part(HpcContainerPlan plan, SpecificationDifference difference)
    {
        var kind = difference.Part switch
        {
            "image" => DifferenceKind.Image,
            "mount" or "tmpfs" or "volume" or "volumes-from" => DifferenceKind.Mount,
            "device" or "device-cgroup-rule" or "gpus" => DifferenceKind.Device,
            "port" => DifferenceKind.Port,
            _ => DifferenceKind.Option,
        };
        return Whole(Place.Of(plan), kind, Line(difference.Wanted), Line(difference.Actual)) with { Part = difference.Part };
    }

    /// <summary>A command may hold a script of several lines.</summary>
    private static string Line(string value) => string.Join(' ', value.Split('\n', StringSplitOptions.TrimEntries));

    private static HpcEnvironmentDifference Whole(Place at, DifferenceKind kind, string wanted, string actual) => new()
    {
        Node = at.Node,
        Static = at.Static,
        Container = at.Name,
        Kind = kind.ToString(),
        Wanted = wanted,
        Actual = actual,
        Severity = SeverityOf(kind).ToString(),
        Remedy = RemedyOf(at, kind),
    };

    private static DifferenceSeverity SeverityOf(DifferenceKind kind) =>
        kind is DifferenceKind.Missing or DifferenceKind.Foreign or DifferenceKind.NotRunning or DifferenceKind.Restarting
            or DifferenceKind.NotReady or DifferenceKind.LoginsClosed or DifferenceKind.NotPlanned
            ? DifferenceSeverity.Error
            : DifferenceSeverity.Warning;

    private static string RemedyOf(Place at, DifferenceKind kind) => kind switch
    {
        DifferenceKind.Foreign => $"Rename or remove what stands there: it is in the way of static environment {at.Static}.",
        DifferenceKind.Restarting or DifferenceKind.NotReady =>
            $"Read why: Get-HpcContainer {at.Node} -Static {at.Static} | Get-HpcContainerLog -Tail 20",
        _ => $"Sync-HpcEnvironment {at.Static} -Node {at.Node}",
    };

    /// <summary>Which container it is.</summary>
    private sealed record Place(string Node, string Static, string Name)
    {
        public static Place Of(HpcContainerPlan plan) => new(plan.Node, plan.Static!, plan.Name);
    }
}
