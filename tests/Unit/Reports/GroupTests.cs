using PisaHpc.Audit;
using PisaHpc.Environments;
using PisaHpc.Images;

namespace PisaHpc.Unit.Reports;

/// <summary>What is the same of nodes is one row, of -Fold and of a report alike.</summary>
public sealed class GroupTests
{
    [Fact]
    public void An_image_of_many_nodes_is_a_row_for_each_digest_and_state()
    {
        var groups = HpcImageGroup.Of(
        [
            Image("o2wn01", "Current", 'a'), Image("o2wn13", "Outdated", 'b'), Image("o2wn02", "Current", 'a'),
            Image("o2wn14", "Missing", null), Image("o2wn15", "Missing", null),
        ]);

        Assert.Equal(
            ["x:1 on o2wn[01-02]: Current", "x:1 on o2wn13: Outdated", "x:1 on o2wn[14-15]: Missing"], groups.Select(group => $"{group}"));
        Assert.Equal((2, "sha256:a"), (groups[0].Count, groups[0].Digest));
        Assert.Equal(["debian12"], groups[0].Environments);
    }

    [Fact]
    public void A_difference_in_the_same_words_but_for_the_node_is_one_row_with_one_command_for_all()
    {
        var groups = HpcEnvironmentDifferenceGroup.Of(
        [
            Difference("o2wn01", "the sshd of o2wn01 does not answer"), Difference("o2wn03", "the sshd of o2wn03 does not answer"),
            Difference("o2wn02", "nothing listens"),
        ]);

        Assert.Equal(
            [
                "o2wn[01,03] static-cs7: NotReady: the sshd of o2wn[01,03] does not answer, and a login is declared",
                "o2wn02 static-cs7: NotReady: nothing listens, and a login is declared",
            ],
            groups.Select(group => $"{group}"));
        Assert.Equal(
            ["Sync-HpcEnvironment cs7 -Node 'o2wn[01,03]'", "Sync-HpcEnvironment cs7 -Node o2wn02"], groups.Select(group => group.Remedy));
    }

    [Fact]
    public void A_finding_of_an_environment_is_one_row_with_as_many_as_it_is_of_and_one_that_is_waived_another()
    {
        var groups = HpcContainerFindingGroup.Of(
        [
            Finding("o2wn01", "pisahpc-1"), Finding("o2wn01", "pisahpc-2"), Finding("o2wn02", "pisahpc-3"), Finding("", "debian12"),
            Finding("o2wn03", "pisahpc-4") with { Status = nameof(FindingStatus.Waived), Reason = "a test server" },
        ]);

        Assert.Equal(
            [
                "o2wn[01-02] debian12: RootUser Warning: it runs as root",
                "o2wn03 debian12: RootUser Warning (waived: a test server): it runs as root",
            ],
            groups.Select(group => $"{group}"));
        Assert.Equal((4, 2), (groups[0].Count, groups[0].Nodes.Count));
    }

    private static HpcImage Image(string node, string state, char? digest) => new()
    {
        Node = node,
        Name = "x:1",
        State = state,
        Digest = digest is null ? null : $"sha256:{digest}",
        Environments = ["debian12"],
    };

    private static HpcEnvironmentDifference Difference(string node, string actual) => new()
    {
        Node = node,
        Static = "cs7",
        Container = "static-cs7",
        Kind = nameof(DifferenceKind.NotReady),
        Wanted = "a login",
        Actual = actual,
        Severity = nameof(DifferenceSeverity.Error),
        Remedy = $"Sync-HpcEnvironment cs7 -Node {node}",
    };

    private static HpcContainerFinding Finding(string node, string name) => new()
    {
        Node = node,
        Kind = node.Length > 0 ? "Container" : "Environment",
        Name = name,
        Environment = "debian12",
        Check = "RootUser",
        Severity = nameof(AuditSeverity.Warning),
        Status = nameof(FindingStatus.Open),
        Evidence = "it runs as root",
        Remedy = "Set user.",
    };
}
