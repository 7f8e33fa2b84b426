using System.Globalization;
using PisaHpc.Audit;
using PisaHpc.Environments;
using PisaHpc.HostLists;
using PisaHpc.Images;
using PisaHpc.Jobs;
using PisaHpc.Ports;
using PisaHpc.Preflight;

namespace PisaHpc.Reports;

/// <summary>The tables of a report, made of what cmdlets put out. Rows that say the same of several nodes are one.</summary>
internal static class ReportContent
{
    /// <summary>Makes the tables.</summary>
    /// <param name="content">What cmdlets put out, and <see cref="ReportFailure"/>.</param>
    /// <param name="isWhole">Whether those without a row are made too.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>: no table is of something.</exception>
    public static IReadOnlyList<ReportTable> Tables(IReadOnlyCollection<object> content, bool isWhole)
    {
        var left = content.ToList();
        var (differences, failures) = (Take<HpcEnvironmentDifference>(left), Take<ReportFailure>(left));
        List<ReportTable> tables =
        [
            Nodes(Take<HpcNode>(left)), Checks(Take<HpcNodeCheck>(left)), Jobs(Take<HpcJob>(left)), Images(Take<HpcImage>(left)),
            Statics(Take<ReportStatic>(left), differences, failures), Drift(differences), Audit(Take<HpcContainerFinding>(left)),
            Ports(Take<JobPort>(left)), Failures(failures),
        ];
        return left is [var other, ..]
            ? throw new HpcException(
                ErrorId.InvalidValue, $"{other.GetType().Name} is nothing that a report has a table of.", $"{other}",
                "Pipe in what Get-HpcNode, Test-HpcNode, Get-HpcJob, Get-HpcImage, Compare-HpcEnvironment, Test-HpcContainer and "
                    + "Get-JobPort put out, without -Summary and -Fold.")
            : [.. tables.Where(table => table.Rows.Count > 0 || table.Bar?.Parts.Count > 0 || (isWhole && table.Id != "failures"))];
    }

    private static List<T> Take<T>(List<object> left)
    {
        var taken = left.OfType<T>().ToList();
        left.RemoveAll(item => item is T);
        return taken;
    }

    private static ReportTable Nodes(List<HpcNode> nodes) => new(
        "nodes", "Nodes", "No node was asked.",
        ["Node", "State", "Cores", "Load", "Memory free", "Memory", "Engine", "Images", "Containers", "Jobs", "Why"],
        [
            .. nodes.OrderBy(node => Rank(node.State)).Select(node => (ReportCell[])
            [
                node.Node, ReportCell.State(node.State), node.Cores,
                new(node.Load?.ToString("0.##", CultureInfo.InvariantCulture) ?? "", node.Load ?? -1),
                ReportCell.Bytes(node.MemoryAvailableBytes), ReportCell.Bytes(node.MemoryBytes), node.EngineVersion, node.Images,
                node.Containers, string.Join(", ", node.Jobs), node.Reason,
            ]),
        ])
    {
        Bar = ReportBar.Of("Nodes", nodes.Select(node => node.State)),
    };

    private static ReportTable Checks(List<HpcNodeCheck> checks) => new(
        "checks", "Checks that need a look", checks.Count == 0 ? "No check was made." : "Every check passed, or does not apply.",
        ["Check", "Result", "Nodes", "Count", "What was found", "What to do"],
        [
            .. HpcNodeCheckGroup.Of(checks.Where(check => check.IsProblem))
                .OrderBy(same => Rank(same.Result)).ThenBy(same => same.Check, StringComparer.Ordinal)
                .Select(same => (ReportCell[])
                [
                    same.Check, ReportCell.State(same.Result), same.NodeList, same.Count, same.Evidence, same.Remedy,
                ]),
        ])
    {
        Bar = ReportBar.Of("Checks", checks.Select(check => check.Result)),
    };

    private static ReportTable Jobs(List<HpcJob> jobs) => new(
        "jobs", "Jobs", "No job has anything on the nodes.",
        ["Job", "State", "Environment", "Owner", "Running", "Slots", "Nodes", "Port", "Started (UTC)", "Image"],
        [
            .. jobs.Select(job => (ReportCell[])
            [
                job.JobId, ReportCell.State(job.State), job.Environment, job.Owner,
                new($"{job.RunningNodes}/{job.Nodes.Count}", job.RunningNodes), job.TotalSlots, Folded(job.Nodes.Select(node => node.Name)),
                job.Port, ReportCell.Time(job.StartedAt), job.Image,
            ]),
        ])
    {
        Bar = ReportBar.Of("Jobs", jobs.Select(job => job.State)),
    };

    private static ReportTable Images(List<HpcImage> images) => new(
        "images", "Images", "The nodes hold no image, and the site wants none.",
        ["Image", "State", "Nodes", "Count", "Size", "Environments", "Digest", "Wanted"],
        [
            .. HpcImageGroup.Of(images).OrderBy(same => Rank(same.State)).ThenBy(same => same.Name).Select(same => (ReportCell[])
            [
                same.Name, ReportCell.State(same.State), same.NodeList, same.Count, ReportCell.Bytes(same.SizeBytes),
                string.Join(", ", same.Environments), same.Digest ?? same.Id, same.WantedDigest == same.Digest ? "" : same.WantedDigest,
            ]),
        ])
    {
        Bar = ReportBar.Of("Images on nodes", images.Select(image => image.State)),
    };

    /// <summary>A node of which something could not be looked at and nothing was found may be as declared or not.</summary>
    private static ReportTable Statics(
        List<ReportStatic> statics, List<HpcEnvironmentDifference> differences, List<ReportFailure> failures)
    {
        var failed = failures.SelectMany(failure => failure.Nodes).ToHashSet(StringComparer.Ordinal);
        return new(
            "static", "Static environments", "None is declared on these nodes.",
            ["Static environment", "Environment", "Port", "Nodes", "Count", "As declared", "Different", "Not known"],
            [.. statics.Select(Row)]);

        IReadOnlyList<ReportCell> Row(ReportStatic one)
        {
            var nodes = one.Nodes.ToHashSet(StringComparer.Ordinal);
            var found = differences.Where(difference => difference.Static == one.Name && nodes.Contains(difference.Node)).ToList();
            var differ = found.Select(difference => difference.Node).ToHashSet(StringComparer.Ordinal);
            var unknown = one.Nodes.Count(node => failed.Contains(node) && !differ.Contains(node));
            var tone = found.Exists(difference => difference.Severity == nameof(DifferenceSeverity.Error)) ? "bad" : "doubtful";
            return
            [
                one.Name, one.Environment, one.Port, Folded(one.Nodes), one.Nodes.Count, one.Nodes.Count - differ.Count - unknown,
                ReportCell.Count(differ.Count, tone), ReportCell.Count(unknown, "doubtful"),
            ];
        }
    }

    private static ReportTable Drift(List<HpcEnvironmentDifference> differences) => new(
        "drift", "Static environments that differ", "All are as declared, or none is declared.",
        ["Environment", "How", "Part", "Nodes", "Count", "Declared", "There", "What to do"],
        [
            .. HpcEnvironmentDifferenceGroup.Of(differences).Select(same => (ReportCell[])
            [
                same.Static, new(same.Kind, null, same.Severity == nameof(DifferenceSeverity.Error) ? "bad" : "doubtful"),
                same.Part, same.NodeList, same.Count, same.Wanted, same.Actual, same.Remedy,
            ]),
        ])
    {
        Bar = ReportBar.Of("Differences", differences.Select(difference => difference.Severity)),
    };

    private static ReportTable Audit(List<HpcContainerFinding> findings) => new(
        "audit", "Containers", "No container opens more than it has to.",
        ["Check", "Severity", "Status", "Of", "Nodes", "Count", "What was found", "What to do"],
        [
            .. HpcContainerFindingGroup.Of(findings).Select(same => (ReportCell[])
            [
                same.Check, new(same.Severity, null, ReportBar.ToneOf(Standing(same.Severity, same.Status))),
                same.Status, same.Name, same.NodeList, same.Count, same.Evidence, same.Remedy,
            ]),
        ])
    {
        Bar = ReportBar.Of("Findings", findings.Select(finding => Standing(finding.Severity, finding.Status))),
    };

    /// <summary>What a finding counts as: one that is waived is none, however severe.</summary>
    private static string Standing(string severity, string status) => status == nameof(FindingStatus.Open) ? severity : status;

    private static ReportTable Ports(List<JobPort> ports) => new(
        "ports", "Ports", "No job holds a port.",
        ["Port", "State", "Job", "Owner", "Leased (UTC)", "Until (UTC)", "Nodes", "By"],
        [
            .. ports.Select(port => (ReportCell[])
            [
                port.Port, ReportCell.State(port.State), port.JobId, port.Owner, ReportCell.Time(port.LeasedAt),
                ReportCell.Time(port.ExpiresAt), Folded(port.Nodes), port.Host,
            ]),
        ])
    {
        Bar = ReportBar.Of("Ports", ports.Select(port => port.State)),
    };

    private static ReportTable Failures(List<ReportFailure> failures) => new(
        "failures", "What could not be looked at", "",
        ["About", "Error", "What failed", "What to do"],
        [
            .. failures.DistinctBy(failure => failure with { Nodes = [] }).Select(failure => (ReportCell[])
                [failure.Target, new(failure.Id, null, "bad"), failure.Message, failure.Remedy]),
        ]);

    /// <summary>What is worst comes first.</summary>
    private static int Rank(string state) => ReportBar.ToneOf(state) switch { "bad" => 0, "doubtful" => 1, "good" => 2, _ => 3 };

    private static string Folded(IEnumerable<string> nodes) => HostList.FoldFound(nodes);
}
