using PisaHpc.HostLists;
using PisaHpc.Monitoring;

namespace PisaHpc.Preflight;

/// <summary>One check of one node.</summary>
public sealed record HpcNodeCheck
{
    /// <summary>The node.</summary>
    public required string Node { get; init; }

    /// <summary>The check's name.</summary>
    public required string Check { get; init; }

    /// <summary>How it came out: the word, one of <see cref="CheckResult"/>.</summary>
    public required string Result { get; init; }

    /// <summary>What was found, with the values.</summary>
    public required string Evidence { get; init; }

    /// <summary>What to do about it; null when there is nothing to do.</summary>
    public string? Remedy { get; init; }

    /// <summary>Whether somebody has to look: it failed, warns, or could not be made.</summary>
    internal bool IsProblem => Result is nameof(CheckResult.Failed) or nameof(CheckResult.Warning) or nameof(CheckResult.Unknown);

    /// <summary>The check in a line.</summary>
    public override string ToString() => $"{Node}: {Check} {Result}: {Evidence}";
}

/// <summary>A check that came out the same on nodes, in the same words but for the node's name.</summary>
public sealed record HpcNodeCheckGroup
{
    /// <summary>The nodes, each once.</summary>
    public required IReadOnlyList<string> Nodes { get => HostList.Readable(field); init; }

    /// <summary>The nodes as a host list.</summary>
    public string NodeList => HostList.FoldFound(Nodes);

    /// <summary>How many nodes they are.</summary>
    public int Count => Nodes.Count;

    /// <summary>The check's name.</summary>
    public required string Check { get; init; }

    /// <summary>How it came out: the word, one of <see cref="CheckResult"/>.</summary>
    public required string Result { get; init; }

    /// <summary>What was found, with the values.</summary>
    public required string Evidence { get; init; }

    /// <summary>What to do about it, on the first of them where it names the node; null when there is nothing to do.</summary>
    public string? Remedy { get; init; }

    /// <summary>Puts checks that came out the same together, in the order of the first of each group.</summary>
    public static IReadOnlyList<HpcNodeCheckGroup> Of(IEnumerable<HpcNodeCheck> checks) =>
    [
        .. from check in checks
           group check by (
               check.Check,
               check.Result,
               Evidence: NodeSentence.Of(check.Evidence, check.Node),
               Remedy: NodeSentence.Of(check.Remedy ?? "", check.Node)) into same
           let nodes = HostList.SortFound(same.Select(check => check.Node))
           let list = HostList.FoldFound(nodes)
           select new HpcNodeCheckGroup
           {
               Nodes = nodes,
               Check = same.Key.Check,
               Result = same.Key.Result,
               Evidence = same.Key.Evidence.In(list),
               Remedy = same.First().Remedy,
           },
    ];

    /// <summary>The check in a line.</summary>
    public override string ToString() => $"{NodeList}: {Check} {Result}: {Evidence}";
}

/// <summary>Checks of many nodes in one, as monitoring systems take it (Monitoring Plugins Development Guidelines, 2.3 and 2.6).</summary>
public sealed record HpcNodeCheckSummary : IHpcSummary
{
    /// <summary>OK, WARNING, CRITICAL, or UNKNOWN when nothing is wrong and a check, or all of them, could not be made.</summary>
    public required string Status { get; init; }

    /// <summary>The status as an exit code: 0 to 3, in the same order.</summary>
    public required int ExitCode { get; init; }

    /// <summary>The nodes that were checked.</summary>
    public required int Nodes { get; init; }

    /// <summary>The checks that passed.</summary>
    public required int Passed { get; init; }

    /// <summary>The checks that came out as warnings.</summary>
    public required int Warnings { get; init; }

    /// <summary>The checks that failed.</summary>
    public required int Failed { get; init; }

    /// <summary>The checks that could not be made.</summary>
    public required int Unknown { get; init; }

    /// <summary>The checks that do not apply.</summary>
    public required int Skipped { get; init; }

    /// <summary>The whole in a line: status, what is wrong and where, and the counts after a bar.</summary>
    public required string Text { get; init; }

    /// <summary>Sums checks up.</summary>
    /// <param name="checks">The checks of any number of nodes.</param>
    public static HpcNodeCheckSummary Of(IReadOnlyCollection<HpcNodeCheck> checks)
    {
        var (failed, warnings) = (Count(CheckResult.Failed), Count(CheckResult.Warning));
        var (passed, skipped, unknown) = (Count(CheckResult.Passed), Count(CheckResult.Skipped), Count(CheckResult.Unknown));
        var status = MonitoringStatus.Of(failed > 0, warnings > 0, isOk: passed > 0 && unknown == 0);
        var nodes = checks.Select(check => check.Node).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        CheckResult[] faults = [CheckResult.Failed, CheckResult.Warning, CheckResult.Unknown];
        var wrong = string.Join("; ", faults.SelectMany(result => Faults(checks, result)));
        var said = wrong.Length > 0 ? wrong
            : passed > 0 ? $"{HostList.Fold(nodes)}: {Plural.Of(passed, "check")} passed"
            : "nothing was checked";
        MonitoringCount[] counts =
        [
            new("nodes", nodes.Count), new("passed", passed), new("warnings", warnings), new("failed", failed), new("unknown", unknown),
            new("skipped", skipped),
        ];
        return new HpcNodeCheckSummary
        {
            Status = status.Word,
            ExitCode = status.ExitCode,
            Nodes = nodes.Count,
            Passed = passed,
            Warnings = warnings,
            Failed = failed,
            Unknown = unknown,
            Skipped = skipped,
            Text = status.Line(said, counts),
            Figures = new("nodes", counts, [.. checks.Where(IsFault).Select(Problem)]),
        };

        bool IsFault(HpcNodeCheck check) => faults.Any(result => check.Result == result.ToString());
        int Count(CheckResult result) => checks.Count(check => check.Result == result.ToString());
    }

    /// <summary>The line.</summary>
    public override string ToString() => Text;

    /// <inheritdoc/>
    MonitoringFigures IHpcSummary.Figures => Figures;

    private MonitoringFigures Figures { get; init; } = new("", [], []);

    /// <summary>Which checks came out so, each with its nodes as a host list.</summary>
    private static IEnumerable<string> Faults(IEnumerable<HpcNodeCheck> checks, CheckResult result) =>
        from check in checks
        where check.Result == result.ToString()
        group check.Node by check.Check into fault
        select $"{fault.Key} {Words(result)} on {HostList.Fold(fault.Order(StringComparer.Ordinal))}";

    private static MonitoringProblem Problem(HpcNodeCheck check) => new(
        check.Check,
        check.Result switch
        {
            nameof(CheckResult.Failed) => MonitoringProblem.Critical,
            nameof(CheckResult.Warning) => MonitoringProblem.Warning,
            _ => MonitoringProblem.Unknown,
        },
        check.Node);

    private static string Words(CheckResult result) => result switch
    {
        CheckResult.Failed => "failed",
        CheckResult.Warning => "warns",
        _ => "is unknown",
    };
}
