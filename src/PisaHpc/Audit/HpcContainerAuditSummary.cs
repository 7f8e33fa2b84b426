using PisaHpc.HostLists;
using PisaHpc.Monitoring;

namespace PisaHpc.Audit;

/// <summary>An audit of many containers in one, as monitoring systems take it.</summary>
public sealed record HpcContainerAuditSummary : IHpcSummary
{
    /// <summary>
    /// OK, WARNING, CRITICAL, or UNKNOWN when nothing is wrong and a node did not answer, nothing was looked at, or what was named has no
    /// container.
    /// </summary>
    public required string Status { get; init; }

    /// <summary>The status as an exit code: 0 to 3, in the same order.</summary>
    public required int ExitCode { get; init; }

    /// <summary>The nodes that answered.</summary>
    public required int Nodes { get; init; }

    /// <summary>The nodes that did not answer, or of which a container could not be looked at.</summary>
    public required int Unknown { get; init; }

    /// <summary>The containers, plans and descriptions that were looked at.</summary>
    public required int Audited { get; init; }

    /// <summary>The open findings by which a node is given away.</summary>
    public required int Errors { get; init; }

    /// <summary>The open findings that are warnings.</summary>
    public required int Warnings { get; init; }

    /// <summary>The open findings that one should know of; they change no status.</summary>
    public required int Notices { get; init; }

    /// <summary>The findings that the site lives with; they change no status.</summary>
    public required int Waived { get; init; }

    /// <summary>The whole in a line: status, what is wrong and where, and the counts after a bar.</summary>
    public required string Text { get; init; }

    /// <summary>Sums an audit up.</summary>
    /// <param name="nodes">The nodes that answered.</param>
    /// <param name="unknown">Those that did not.</param>
    /// <param name="audited">How many containers, plans and descriptions were looked at.</param>
    /// <param name="findings">What was found.</param>
    /// <param name="missing">The jobs and static environments that were named, and of which there was no container.</param>
    /// <param name="aside">Which containers of the nodes were not looked at, in words; empty for none.</param>
    public static HpcContainerAuditSummary Of(
        IReadOnlyCollection<string> nodes,
        IReadOnlyCollection<string> unknown,
        int audited,
        IReadOnlyCollection<HpcContainerFinding> findings,
        IReadOnlyCollection<string> missing,
        string aside)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        ArgumentNullException.ThrowIfNull(unknown);
        ArgumentNullException.ThrowIfNull(missing);
        var open = findings.Where(finding => finding.Status == nameof(FindingStatus.Open)).ToLookup(finding => finding.Severity);
        var (errors, warnings) = (open[nameof(AuditSeverity.Error)].ToList(), open[nameof(AuditSeverity.Warning)].ToList());
        var (notices, waived) = (open[nameof(AuditSeverity.Notice)].Count(), findings.Count(finding => finding.Reason is not null));
        var isKnown = unknown.Count == 0 && missing.Count == 0 && (audited > 0 || nodes.Count > 0);
        var status = MonitoringStatus.Of(errors.Count > 0, warnings.Count > 0, isKnown);
        var wrong = Faults(errors).Concat(Faults(warnings)).Concat(unknown.Count > 0 ? [$"{Folded(unknown)} unknown"] : [])
            .Concat(missing.Select(name => $"no container of {name}"));
        var said = string.Join("; ", wrong) is { Length: > 0 } words ? words
            : audited > 0 ? $"{Plural.Of(audited, "container")} in order"
            : nodes.Count > 0 ? $"{Folded(nodes)}: no container"
            : "nothing was audited";
        MonitoringCount[] counts =
        [
            new("nodes", nodes.Count), new("unknown", unknown.Count), new("audited", audited), new("errors", errors.Count),
            new("warnings", warnings.Count), new("notices", notices), new("waived", waived),
        ];
        return new HpcContainerAuditSummary
        {
            Status = status.Word,
            ExitCode = status.ExitCode,
            Nodes = nodes.Count,
            Unknown = unknown.Count,
            Audited = audited,
            Errors = errors.Count,
            Warnings = warnings.Count,
            Notices = notices,
            Waived = waived,
            Text = status.Line(aside.Length > 0 ? $"{said} (not looked at: {aside})" : said, counts),
            Figures = new("containers", counts,
            [
                .. Problems(errors, MonitoringProblem.Critical), .. Problems(warnings, MonitoringProblem.Warning),
                .. unknown.Select(MonitoringProblem.NotSeen),
                .. missing.Select(name => new MonitoringProblem("Missing", MonitoringProblem.Unknown, "", name)),
            ]),
        };
    }

    /// <summary>The line.</summary>
    public override string ToString() => Text;

    /// <inheritdoc/>
    MonitoringFigures IHpcSummary.Figures => Figures;

    private MonitoringFigures Figures { get; init; } = new("", [], []);

    /// <summary>Each check with its environments or containers, and the nodes as a host list.</summary>
    private static IEnumerable<string> Faults(IEnumerable<HpcContainerFinding> findings) =>
        from finding in findings
        group finding by finding.Check into fault
        let nodes = fault.Select(finding => finding.Node).Where(node => node.Length > 0).Distinct().ToList()
        let names = fault.Select(NameOf).Distinct()
        select $"{fault.Key} of {string.Join(", ", names.Order(StringComparer.Ordinal))}"
            + (nodes.Count > 0 ? $" on {Folded(nodes)}" : "");

    private static IEnumerable<MonitoringProblem> Problems(IEnumerable<HpcContainerFinding> findings, string severity) =>
        findings.Select(finding => new MonitoringProblem(finding.Check, severity, finding.Node, NameOf(finding)));

    private static string NameOf(HpcContainerFinding finding) => finding.Environment.Length > 0 ? finding.Environment : finding.Name;

    private static string Folded(IEnumerable<string> nodes) => HostList.Fold(nodes.Order(StringComparer.Ordinal));
}
