using PisaHpc.HostLists;
using PisaHpc.Monitoring;

namespace PisaHpc.Environments;

/// <summary>
/// A comparison of many nodes in one, as monitoring systems take it (Monitoring Plugins Development Guidelines, 2.3 and 2.6).
/// </summary>
public sealed record HpcEnvironmentSummary : IHpcSummary
{
    /// <summary>OK, WARNING, CRITICAL, or UNKNOWN when nothing is wrong and a node did not answer, or has none declared for it.</summary>
    public required string Status { get; init; }

    /// <summary>The status as an exit code: 0 to 3, in the same order.</summary>
    public required int ExitCode { get; init; }

    /// <summary>The nodes that were compared.</summary>
    public required int Nodes { get; init; }

    /// <summary>
    /// The nodes that did not answer, or of which something could not be compared, and the static environments that were named and are not
    /// declared.
    /// </summary>
    public required int Unknown { get; init; }

    /// <summary>The containers that are as declared.</summary>
    public required int Equal { get; init; }

    /// <summary>The containers that differ, or are not declared.</summary>
    public required int Different { get; init; }

    /// <summary>The whole in a line: status, what is wrong and where, and the counts after a bar.</summary>
    public required string Text { get; init; }

    /// <summary>Sums a comparison up.</summary>
    /// <param name="nodes">The nodes that answered.</param>
    /// <param name="unknown">Those that did not.</param>
    /// <param name="declared">How many containers are declared on the nodes that answered.</param>
    /// <param name="differences">What was found.</param>
    /// <param name="declaresNone">Whether the site declares no static environment at all, on any node: nothing is wrong, then.</param>
    /// <param name="notDeclared">The static environments that were named and are not declared; null is none.</param>
    public static HpcEnvironmentSummary Of(
        IReadOnlyCollection<string> nodes,
        IReadOnlyCollection<string> unknown,
        int declared,
        IReadOnlyCollection<HpcEnvironmentDifference> differences,
        bool declaresNone = false,
        IReadOnlyCollection<string>? notDeclared = null)
    {
        var slips = notDeclared ?? [];
        var errors = differences.Any(difference => difference.Severity == nameof(DifferenceSeverity.Error));
        var isWhole = unknown.Count + slips.Count == 0;
        var status = MonitoringStatus.Of(errors, differences.Count > 0, isOk: isWhole && (declared > 0 || declaresNone));
        var different = Count(differences);
        var equal = declared - Count(differences.Where(difference => !IsBeside(difference)));
        var wrong = Faults(differences).Concat(unknown.Count > 0 ? [$"{HostList.Fold(Sorted(unknown))} unknown"] : [])
            .Concat(Sorted(slips).Select(name => $"{name} is not declared"));
        var said = string.Join("; ", wrong) is { Length: > 0 } words ? words
            : declared > 0 ? $"{HostList.Fold(Sorted(nodes))}: {Plural.Of(declared, "container")} as declared"
            : declaresNone ? "no static environments are declared" : "nothing is declared there";
        MonitoringCount[] counts =
            [new("nodes", nodes.Count), new("unknown", unknown.Count + slips.Count), new("equal", equal), new("different", different)];
        return new HpcEnvironmentSummary
        {
            Status = status.Word,
            ExitCode = status.ExitCode,
            Nodes = nodes.Count,
            Unknown = unknown.Count + slips.Count,
            Equal = equal,
            Different = different,
            Text = status.Line(said, counts),
            Figures = new(
                "environments",
                counts,
                [
                    .. differences.Select(Problem).Distinct(), .. unknown.Select(MonitoringProblem.NotSeen),
                    .. slips.Select(name => MonitoringProblem.NotSeen(node: "") with { Of = name }),
                ]),
        };
    }

    /// <summary>The line.</summary>
    public override string ToString() => Text;

    /// <inheritdoc/>
    MonitoringFigures IHpcSummary.Figures => Figures;

    private MonitoringFigures Figures { get; init; } = new("", [], []);

    private static MonitoringProblem Problem(HpcEnvironmentDifference difference) => new(
        difference.Kind,
        difference.Severity == nameof(DifferenceSeverity.Error) ? MonitoringProblem.Critical : MonitoringProblem.Warning,
        difference.Node,
        difference.Static);

    /// <summary>Whether it is of a container beside those that are declared.</summary>
    private static bool IsBeside(HpcEnvironmentDifference difference) =>
        difference is { Kind: nameof(DifferenceKind.Undeclared) }
            or { Kind: nameof(DifferenceKind.Foreign), Severity: nameof(DifferenceSeverity.Warning) };

    private static int Count(IEnumerable<HpcEnvironmentDifference> differences) =>
        differences.Select(difference => (difference.Node, difference.Container)).Distinct().Count();

    private static IEnumerable<string> Faults(IEnumerable<HpcEnvironmentDifference> differences) =>
        from difference in differences
        orderby difference.Severity == nameof(DifferenceSeverity.Error) descending
        group difference.Node by (difference.Static, difference.Kind) into fault
        select $"{fault.Key.Static} {fault.Key.Kind} on {HostList.Fold(Sorted(fault.Distinct()))}".TrimStart();

    private static IEnumerable<string> Sorted(IEnumerable<string> nodes) => nodes.Order(StringComparer.Ordinal);
}
