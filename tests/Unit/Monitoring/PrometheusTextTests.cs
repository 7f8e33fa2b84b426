using System.Text.RegularExpressions;
using PisaHpc.Audit;
using PisaHpc.Environments;
using PisaHpc.Monitoring;
using PisaHpc.Preflight;

namespace PisaHpc.Unit.Monitoring;

/// <summary>What Prometheus gets of summaries.</summary>
public sealed partial class PrometheusTextTests
{
    [Fact]
    public void Nodes_are_a_status_counts_and_a_series_for_each_check_that_is_not_well() => Assert.Equal(
        """
        # HELP pisahpc_status The worst that holds: 0 is OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.
        # TYPE pisahpc_status gauge
        pisahpc_status{subject="nodes"} 2
        # HELP pisahpc_items What was counted.
        # TYPE pisahpc_items gauge
        pisahpc_items{subject="nodes",what="nodes"} 2
        pisahpc_items{subject="nodes",what="passed"} 1
        pisahpc_items{subject="nodes",what="warnings"} 1
        pisahpc_items{subject="nodes",what="failed"} 1
        pisahpc_items{subject="nodes",what="unknown"} 1
        pisahpc_items{subject="nodes",what="skipped"} 1
        # HELP pisahpc_problems What is not as it should be; of containers, how many.
        # TYPE pisahpc_problems gauge
        pisahpc_problems{subject="nodes",problem="Clock",severity="warning",node="o2wn02"} 1
        pisahpc_problems{subject="nodes",problem="Engine",severity="critical",node="o2wn01"} 1
        pisahpc_problems{subject="nodes",problem="Mounts",severity="unknown",node="o2wn01"} 1

        """,
        PrometheusText.Of(
        [
            HpcNodeCheckSummary.Of(
            [
                Check("o2wn01", "Ssh", "Passed"), Check("o2wn01", "Engine", "Failed"), Check("o2wn01", "Mounts", "Unknown"),
                Check("o2wn02", "Clock", "Warning"), Check("o2wn02", "Devices", "Skipped"),
            ]),
        ]));

    [Fact]
    public void Containers_of_one_environment_are_counted_and_environments_and_containers_are_told_apart()
    {
        var text = PrometheusText.Of([Audited(Finding("cs7", "PidsLimit"), Finding("cs7", "PidsLimit")), Compared("cs7")]);
        Assert.Contains(
            "pisahpc_problems{subject=\"containers\",problem=\"PidsLimit\",severity=\"warning\",node=\"o2wn01\",of=\"cs7\"} 2\n",
            text, StringComparison.Ordinal);
        Assert.Contains(
            "pisahpc_problems{subject=\"containers\",problem=\"Unknown\",severity=\"unknown\",node=\"o2wn09\"} 1\n",
            text, StringComparison.Ordinal);
        Assert.Contains(
            "pisahpc_problems{subject=\"environments\",problem=\"Missing\",severity=\"critical\",node=\"o2wn01\",of=\"cs7\"} 1\n",
            text, StringComparison.Ordinal);
        Assert.Single(Help().Matches(text), match => match.Value.Contains("pisahpc_items", StringComparison.Ordinal));
    }

    [Fact]
    public void A_value_that_would_end_its_quotes_does_not() => Assert.Contains(
        "of=\"a\\\\b\\\"c\\nd\"} 1\n", PrometheusText.Of([Audited(Finding("a\\b\"c\nd", "PidsLimit"))]), StringComparison.Ordinal);

    [Fact]
    public void Every_line_is_one_of_the_text_form()
    {
        var text = PrometheusText.Of([Audited(Finding("cs7", "PidsLimit"), Finding("\"\\\n", "Seccomp")), Compared("cs7")]);
        Assert.All(text.TrimEnd('\n').Split('\n'), line => Assert.Matches(Line(), line));
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_summaries_of_the_same_are_refused()
    {
        var failure = Assert.Throws<HpcException>(() => PrometheusText.Of([Audited(), Audited()]));
        Assert.Equal((ErrorId.InvalidValue, "containers"), (failure.Id, failure.Target));
    }

    private static HpcNodeCheck Check(string node, string check, string result) =>
        new() { Node = node, Check = check, Result = result, Evidence = "e" };

    private static HpcContainerAuditSummary Audited(params HpcContainerFinding[] findings) =>
        HpcContainerAuditSummary.Of(["o2wn01"], ["o2wn09"], 2, findings, [], "");

    private static HpcContainerFinding Finding(string environment, string check) => new()
    {
        Node = "o2wn01",
        Kind = "Container",
        Name = "c",
        Environment = environment,
        Check = check,
        Severity = "Warning",
        Status = "Open",
        Evidence = "e",
        Remedy = "r",
    };

    private static HpcEnvironmentSummary Compared(string name) => HpcEnvironmentSummary.Of(["o2wn01"], [], 1, [Missing(name)]);

    private static HpcEnvironmentDifference Missing(string name) => new()
    {
        Node = "o2wn01",
        Static = name,
        Container = $"pisahpc-static-{name}",
        Kind = nameof(DifferenceKind.Missing),
        Severity = nameof(DifferenceSeverity.Error),
        Wanted = "running",
        Actual = "",
        Remedy = "r",
    };

    [GeneratedRegex("^# HELP .*", RegexOptions.Multiline)]
    private static partial Regex Help();

    [GeneratedRegex("""^(# (HELP [a-z_]+ .+|TYPE [a-z_]+ gauge)|[a-z_]+\{(,?[a-z]+="([^"\\]|\\["\\n])*")+\} [0-9]+)$""")]
    private static partial Regex Line();
}
