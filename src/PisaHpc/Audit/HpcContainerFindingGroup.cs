using PisaHpc.HostLists;

namespace PisaHpc.Audit;

/// <summary>Findings that say the same of the containers of an environment, whatever their nodes and jobs.</summary>
public sealed record HpcContainerFindingGroup
{
    /// <summary>The nodes, each once; none for the site definition.</summary>
    public required IReadOnlyList<string> Nodes { get => HostList.Readable(field); init; }

    /// <summary>The nodes as a host list; empty for the site definition.</summary>
    public string NodeList => HostList.FoldFound(Nodes);

    /// <summary>How many findings they are: one of each container, plan or entry of the site definition.</summary>
    public required int Count { get; init; }

    /// <summary>The environment; where there is none, the name of the container or of what has the finding.</summary>
    public required string Name { get; init; }

    /// <summary>The check's stable name.</summary>
    public required string Check { get; init; }

    /// <summary>The recommendations of the CIS Docker Benchmark, 1.3.1, that ask for the same; empty for none.</summary>
    public string Benchmark { get; init; } = "";

    /// <summary>How bad it is: the word, one of <see cref="AuditSeverity"/>.</summary>
    public required string Severity { get; init; }

    /// <summary>Whether the site lives with it: the word, one of <see cref="FindingStatus"/>.</summary>
    public required string Status { get; init; }

    /// <summary>What was found.</summary>
    public required string Evidence { get; init; }

    /// <summary>What to do about it.</summary>
    public required string Remedy { get; init; }

    /// <summary>Why the site lives with it; null when it does not.</summary>
    public string? Reason { get; init; }

    /// <summary>The last day of the waiver, as 2027-06-30; null for one without an end, and for none.</summary>
    public string? Until { get; init; }

    /// <summary>Puts findings that say the same together, in the order of the first of each group.</summary>
    public static IReadOnlyList<HpcContainerFindingGroup> Of(IEnumerable<HpcContainerFinding> findings) =>
    [
        .. from finding in findings
           let name = finding.Environment.Length > 0 ? finding.Environment : finding.Name
           group finding by (
               name, finding.Check, finding.Severity, finding.Status, finding.Evidence, finding.Remedy, finding.Reason, finding.Until)
           into same
           let first = same.First()
           select new HpcContainerFindingGroup
           {
               Nodes = HostList.SortFound(same.Select(finding => finding.Node).Where(node => node.Length > 0)),
               Count = same.Count(),
               Name = same.Key.name,
               Check = first.Check,
               Benchmark = first.Benchmark,
               Severity = first.Severity,
               Status = first.Status,
               Evidence = first.Evidence,
               Remedy = first.Remedy,
               Reason = first.Reason,
               Until = first.Until,
           },
    ];

    /// <summary>It in a line.</summary>
    public override string ToString() =>
        $"{(Nodes.Count > 0 ? $"{NodeList} " : "")}{Name}: {Check} {Severity}{(Reason is null ? "" : $" (waived: {Reason})")}: {Evidence}";
}
