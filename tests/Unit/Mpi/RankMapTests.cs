using PisaHpc.Batch;
using PisaHpc.Mpi;

namespace PisaHpc.Unit.Mpi;

public sealed class RankMapTests
{
    private static readonly AllocatedNode[] Nodes = [new("o2wn01", 32), new("o2wn02", 24)];

    [Theory]
    [InlineData(0, "o2wn01")]
    [InlineData(31, "o2wn01")]
    [InlineData(32, "o2wn02")]
    [InlineData(55, "o2wn02")]
    public void Ranks_fill_the_nodes_in_order(int rank, string node) => Assert.Equal(node, RankMap.Of(Nodes, null, false).NodeOf(rank));

    [Fact]
    public void Fewer_ranks_than_slots_leave_the_last_nodes_empty()
    {
        var map = RankMap.Of(Nodes, 10, false);
        Assert.Equal((10, "o2wn01", false), (map.Ranks, map.NodeOf(9), map.IsOversubscribed));
    }

    [Theory]
    [InlineData(57, 33, 24)]
    [InlineData(60, 35, 25)]
    [InlineData(112, 64, 48)]
    public void More_ranks_than_slots_are_shared_by_slots(int ranks, int first, int second)
    {
        var map = RankMap.Of(Nodes, ranks, oversubscribe: true);
        Assert.Equal([first, second], map.Blocks.Select(node => node.Slots));
        Assert.Equal(("o2wn01", "o2wn02"), (map.NodeOf(first - 1), map.NodeOf(first)));
    }

    [Theory]
    [InlineData(10, "o2wn01:10")]
    [InlineData(32, "o2wn01:32")]
    [InlineData(33, "o2wn01:32 o2wn02:1")]
    [InlineData(60, "o2wn01:35 o2wn02:25")]
    public void Each_node_that_has_ranks_is_a_place(int ranks, string places) =>
        Assert.Equal(places, string.Join(' ', RankMap.Of(Nodes, ranks, oversubscribe: true).Places.Select(node => $"{node.Name}:{node.Slots}")));

    [Fact]
    public void More_ranks_than_slots_need_to_be_allowed()
    {
        var failure = Assert.Throws<HpcException>(() => RankMap.Of(Nodes, 57, oversubscribe: false));
        Assert.Equal(ErrorId.InvalidValue, failure.Id);
        Assert.Contains("57 ranks", failure.Message, StringComparison.Ordinal);
        Assert.Contains("-Oversubscribe", failure.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void Shares_of_many_nodes_add_up()
    {
        var nodes = Enumerable.Range(0, 1000).Select(i => new AllocatedNode($"n{i}", 1 + (i % 7))).ToArray();
        var map = RankMap.Of(nodes, 100_003, oversubscribe: true);
        Assert.Equal(100_003, map.Blocks.Sum(node => node.Slots));
        Assert.Equal("n999", map.NodeOf(100_002));
    }
}
