using PisaHpc.Audit;

namespace PisaHpc.Unit.Audit;

/// <summary>The line and the exit code that monitoring gets.</summary>
public sealed class AuditSummaryTests
{
    [Fact]
    public void Errors_are_critical_and_each_check_is_named_with_its_nodes() => Expect(
        2,
        "PISAHPC CRITICAL - Privileged of cs7 on o2wn[01-02]; PidsLimit of cs7 on o2wn02 | nodes=2 unknown=0 audited=3 errors=2 warnings=1 notices=1 waived=1",
        Of(
            ["o2wn01", "o2wn02"], [], 3, Finding("o2wn02", "Privileged", "Error"), Finding("o2wn01", "Privileged", "Error"),
            Finding("o2wn02", "PidsLimit", "Warning"), Finding("o2wn01", "OpenPorts", "Notice"),
            Finding("o2wn01", "Seccomp", "Error") with { Status = "Waived", Reason = "x" }));

    [Fact]
    public void Warnings_warn_also_where_a_node_is_unknown() => Expect(
        1,
        "PISAHPC WARNING - PidsLimit of cs7 on o2wn02; o2wn01 unknown | nodes=1 unknown=1 audited=1 errors=0 warnings=1 notices=0 waived=0",
        Of(["o2wn02"], ["o2wn01"], 1, Finding("o2wn02", "PidsLimit", "Warning")));

    [Fact]
    public void What_one_should_know_and_what_the_site_lives_with_is_in_order() => Expect(
        0,
        "PISAHPC OK - 2 containers in order | nodes=1 unknown=0 audited=2 errors=0 warnings=0 notices=1 waived=1",
        Of(
            ["o2wn01"], [], 2, Finding("o2wn01", "OpenPorts", "Notice"),
            Finding("o2wn01", "Seccomp", "Warning") with { Status = "Waived", Reason = "x" }));

    [Fact]
    public void A_node_without_containers_is_in_order() => Expect(
        0, "PISAHPC OK - o2wn01: no container | nodes=1 unknown=0 audited=0 errors=0 warnings=0 notices=0 waived=0", Of(["o2wn01"], [], 0));

    [Fact]
    public void A_node_that_did_not_answer_is_unknown() => Expect(
        3, "PISAHPC UNKNOWN - o2wn01 unknown | nodes=0 unknown=1 audited=0 errors=0 warnings=0 notices=0 waived=0", Of([], ["o2wn01"], 0));

    [Fact]
    public void Nothing_at_all_is_unknown() => Expect(
        3, "PISAHPC UNKNOWN - nothing was audited | nodes=0 unknown=0 audited=0 errors=0 warnings=0 notices=0 waived=0", Of([], [], 0));

    [Fact]
    public void What_was_named_and_is_not_there_is_unknown_and_the_line_says_what_was_left_aside() => Expect(
        3,
        "PISAHPC UNKNOWN - no container of 'login' (not looked at: stopped containers) | nodes=1 unknown=0 audited=0 errors=0 warnings=0 notices=0 waived=0",
        HpcContainerAuditSummary.Of(["o2wn01"], [], 0, [], ["'login'"], "stopped containers"));

    private static void Expect(int exitCode, string text, HpcContainerAuditSummary summary) =>
        Assert.Equal((exitCode, text), (summary.ExitCode, summary.ToString()));

    private static HpcContainerAuditSummary Of(string[] nodes, string[] unknown, int audited, params HpcContainerFinding[] findings) =>
        HpcContainerAuditSummary.Of(nodes, unknown, audited, findings, [], "");

    private static HpcContainerFinding Finding(string node, string check, string severity) => new()
    {
        Node = node,
        Kind = "Container",
        Name = "c",
        Environment = "cs7",
        Check = check,
        Severity = severity,
        Status = "Open",
        Evidence = "e",
        Remedy = "r",
    };
}
