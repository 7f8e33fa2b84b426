using PisaHpc.HostLists;

namespace PisaHpc.Unit.HostLists;

public sealed class NodeSentenceTests
{
    [Fact]
    public void What_is_said_of_two_nodes_is_equal_where_their_names_alone_differ()
    {
        var one = NodeSentence.Of("Node o2wn1 cannot be reached: ssh o2wn1 true.", "o2wn1");
        Assert.Equal(one, NodeSentence.Of("Node o2wn2 cannot be reached: ssh o2wn2 true.", "o2wn2"));
        Assert.NotEqual(one, NodeSentence.Of("Node o2wn2 cannot be reached: ssh o2wn1 true.", "o2wn2"));
        Assert.Equal("Node o2wn[1-2] cannot be reached: ssh o2wn[1-2] true.", one.On("o2wn[1-2]"));
    }

    [Theory]
    [InlineData("o2wn10 is no o2wn1.", "o2wn10 is no @.")]
    [InlineData("pisahpc-4711-o2wn1 at o2wn1:2376", "pisahpc-4711-@ at @:2376")]
    [InlineData("xo2wn1, o2wn1é and o2wn1.cluster", "xo2wn1, o2wn1é and @.cluster")]
    [InlineData("o2wn1", "@")]
    public void A_name_is_a_word(string text, string wanted) => Assert.Equal(wanted, NodeSentence.Of(text, "o2wn1").On("@"));

    [Fact]
    public void Where_the_text_names_no_node_the_nodes_come_before_it()
    {
        Assert.Equal("o2wn[1-2]: the engine does not answer.", NodeSentence.Of("the engine does not answer.", "o2wn1").On("o2wn[1-2]"));
        Assert.Equal("the engine does not answer.", NodeSentence.Of("the engine does not answer.", "o2wn1").In("o2wn[1-2]"));
    }

    [Fact]
    public void Nodes_found_in_any_order_are_folded_each_once()
    {
        Assert.Equal("o2wn[1-2,10]", HostList.FoldFound(["o2wn10", "o2wn2", "o2wn1", "o2wn2"]));
        Assert.Equal("a b,fe80::1", HostList.FoldFound(["fe80::1", "a b"]));
    }
}
