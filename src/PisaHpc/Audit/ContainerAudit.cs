using System.Collections.Concurrent;
using System.Globalization;
using PisaHpc.Sites;

namespace PisaHpc.Audit;

/// <summary>Audits containers by some checks, and applies the site's waivers. From any thread.</summary>
/// <param name="checks">The checks, in their order.</param>
/// <param name="today">The day by which waivers expire, of UTC.</param>
internal sealed class ContainerAudit(HpcSite site, IReadOnlyList<IContainerCheck> checks, DateOnly today)
{
    private const string WaiverKind = "Waiver";

    /// <summary>The waivers that were for a finding, whether or not they hold.</summary>
    private readonly ConcurrentDictionary<AuditWaiver, bool> _met = new();

    /// <summary>What is wrong with a container.</summary>
    public IReadOnlyList<HpcContainerFinding> Examine(AuditedContainer container)
    {
        var findings = new List<HpcContainerFinding>();
        foreach (var check in checks)
        {
            if (check.Examine(container) is { } found)
            {
                findings.Add(Waived(Finding(container, check, found), found.Severity, container));
            }
        }

        return findings;
    }

    /// <summary>Waivers that ended: what they were for is open again.</summary>
    /// <param name="isWhole">Whether all was looked at; else those are told that were met.</param>
    public IEnumerable<HpcContainerFinding> Expired(bool isWhole) =>
        from waiver in Chosen()
        where !waiver.HoldsOn(today) && (isWhole || _met.ContainsKey(waiver))
        select Finding(
            waiver, AuditSeverity.Warning, $"the waiver of {waiver.Check} ended with {Day(waiver.Until)}",
            "Mend what it was for, or give it another date and look at its reason again.");

    /// <summary>Waivers that hold and were for nothing that was found.</summary>
    /// <param name="withForeign">Whether others' containers were looked at, which are known by their image alone.</param>
    public IEnumerable<HpcContainerFinding> Unused(bool withForeign) =>
        from waiver in Chosen()
        where waiver.HoldsOn(today) && !_met.ContainsKey(waiver)
        where withForeign || waiver is not { Environment: null, Static: null }
        select Finding(
            waiver, AuditSeverity.Notice, $"the waiver of {waiver.Check} is for nothing that was found",
            "Take it out of the site definition, or correct its patterns.");

    private IEnumerable<AuditWaiver> Chosen() => site.Waivers.Where(waiver => checks.Any(check => check.Name == waiver.Check));

    private static HpcContainerFinding Finding(AuditedContainer container, IContainerCheck check, AuditFinding found) => new()
    {
        Node = container.Node,
        Kind = container.Kind.ToString(),
        Name = container.Name,
        JobId = container.JobId,
        Static = container.Static,
        Environment = container.Environment,
        Image = container.Image,
        Check = check.Name,
        Benchmark = check.Benchmark,
        Severity = found.Severity.ToString(),
        Status = nameof(FindingStatus.Open),
        Evidence = found.Evidence,
        Remedy = found.Remedy,
    };

    private HpcContainerFinding Waived(HpcContainerFinding finding, AuditSeverity severity, AuditedContainer container)
    {
        var meant = site.Waivers
            .Where(waiver => waiver.IsFor(finding.Check, container.Environment, container.Static, container.Image)).ToList();
        foreach (var waiver in meant)
        {
            _met[waiver] = true;
        }

        var holding = meant.FindAll(waiver => waiver.HoldsOn(today));
        return holding.Find(waiver => Enum.Parse<AuditSeverity>(waiver.Severity) >= severity) is { } held
            ? finding with { Status = nameof(FindingStatus.Waived), Reason = held.Reason, Until = Day(held.Until) }
            : holding is [var weak, ..]
            ? finding with { Remedy = $"{finding.Remedy} Its waiver holds up to {weak.Severity}: this takes severity: {severity}." }
            : finding;
    }

    private static HpcContainerFinding Finding(AuditWaiver waiver, AuditSeverity severity, string evidence, string remedy) => new()
    {
        Node = "",
        Kind = WaiverKind,
        Name = waiver.Static ?? waiver.Environment ?? waiver.Image ?? "",
        Environment = waiver.Environment ?? "",
        Static = waiver.Static,
        Image = waiver.Image ?? "",
        Check = WaiverKind,
        Severity = severity.ToString(),
        Status = nameof(FindingStatus.Open),
        Evidence = waiver.Position is { } place ? $"{evidence} ({place})" : evidence,
        Remedy = remedy,
    };

    private static string? Day(DateOnly? day) => day?.ToString("O", CultureInfo.InvariantCulture);
}
