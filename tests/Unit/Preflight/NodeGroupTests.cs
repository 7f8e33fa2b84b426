using PisaHpc.Preflight;

namespace PisaHpc.Unit.Preflight;

/// <summary>Nodes that are alike, and checks that came out the same, are one row.</summary>
public sealed class NodeGroupTests
{
    [Fact]
    public void Nodes_of_one_kind_are_one_row_whatever_they_are_busy_with()
    {
        var groups = HpcNodeGroup.Of(
            [Ready(1, "4711", load: 0.5), Down(13), Ready(2, "4711", load: 56), Down(14), Ready(3, "4712") with { Cores = 24 }]);

        Assert.Equal(["o2wn[01-02]", "o2wn[13-14]", "o2wn03"], groups.Select(group => group.NodeList));
        Assert.Equal((2, 56, 252, 2), (groups[0].Count, groups[0].Cores, groups[0].MemoryGiB, groups[0].Containers));
        Assert.Equal(["4711"], groups[0].Jobs);
        Assert.Equal("o2wn[13-14]: Unreachable: Node o2wn[13-14] cannot be reached.", groups[1].ToString());
        Assert.Equal("o2wn03: Ready", groups[2].ToString());
    }

    [Fact]
    public void Checks_with_the_same_words_but_for_the_node_are_one_row()
    {
        var groups = HpcNodeCheckGroup.Of([
            Check("o2wn01", "Disk", "Failed", "o2wn01 has 1 GiB.", "Prune o2wn01."), Check("o2wn01", "Engine", "Passed", "28.0"),
            Check("o2wn02", "Disk", "Failed", "o2wn02 has 1 GiB.", "Prune o2wn02."), Check("o2wn02", "Engine", "Passed", "27.0"),
        ]);

        Assert.Equal(
            ["o2wn[01-02]: Disk Failed: o2wn[01-02] has 1 GiB.", "o2wn01: Engine Passed: 28.0", "o2wn02: Engine Passed: 27.0"],
            groups.Select(group => group.ToString()));
        Assert.Equal("Prune o2wn01.", groups[0].Remedy);
        Assert.Null(groups[1].Remedy);
    }

    [Fact]
    public void Many_rows_fold_in_proportion_to_their_number() => AllocationGrowth.AssertInProportion(count =>
    {
        var nodes = Enumerable.Range(0, count).ToList();
        Assert.Equal(count / 2, HpcNodeGroup.Of(nodes.Select(n => Ready(n, $"{n}") with { Cores = n / 2 })).Count);
        var checks = nodes.Select(n => Check($"o2wn{n:00000}", "Disk", "Failed", $"o2wn{n:00000} is full."));
        Assert.Equal($"o2wn[00000-{count - 1:00000}]", Assert.Single(HpcNodeCheckGroup.Of(checks)).NodeList);
    });

    private static HpcNode Ready(int number, string job, double load = 0) => new()
    {
        Node = $"o2wn{number:00}",
        State = nameof(NodeState.Ready),
        EngineVersion = "28.0.0",
        Cores = 56,
        MemoryBytes = (252L << 30) + number,
        Load = load,
        Containers = 1,
        Jobs = [job],
    };

    private static HpcNode Down(int number) => HpcNode.Unreachable(
        $"o2wn{number:00}", new HpcException(ErrorId.NodeUnreachable, $"Node o2wn{number:00} cannot be reached."));

    private static HpcNodeCheck Check(string node, string check, string result, string evidence, string? remedy = null) =>
        new() { Node = node, Check = check, Result = result, Evidence = evidence, Remedy = remedy };
}
