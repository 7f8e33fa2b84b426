using PisaHpc.Tracing.Files;

namespace PisaHpc.Unit.Tracing.Files;

public sealed class WaitChainTests
{
    [Fact]
    public void Back_from_the_end_each_phase_is_waited_for_that_ended_last_before_the_next_began()
    {
        var chain = WaitChain.Of(TestTrace.Start(3));

        Assert.Equal(
            [("Survey", "n001"), ("LeasePort", null), ("WriteAccess", "n003"), ("StartContainer", "n003"), ("WaitUntilReady", "n003")],
            chain.Links.Select(link => (link.Phase, link.Phase == "Survey" ? "n001" : link.Node)));
        Assert.Equal("WaitUntilReady", chain.Longest!.Phase);
    }

    [Fact]
    public void Phases_that_consist_of_others_are_not_waited_for_nor_are_requests() => Assert.Equal(
        ["LeasePort", "StartContainer", "Survey", "WaitUntilReady", "WriteAccess"],
        WaitChain.Of(TestTrace.Start(2)).Leaves.Select(leaf => leaf.Phase).Distinct().Order(StringComparer.Ordinal));

    [Fact]
    public void A_whole_and_its_only_part_that_took_the_same_time_are_told_apart() => Assert.Equal(
        ["RemoveContainers"],
        WaitChain.Of([TestTrace.Of("StopOnNode", "n1", 0, 1), TestTrace.Of("RemoveContainers", "n1", 0, 1)]).Leaves
            .Select(leaf => leaf.Phase));

    [Theory]
    [InlineData(0.9, 0.4, "RemoveContainers")]
    [InlineData(0.4, 0.9, "RemoveAccess")]
    public void Containers_and_keys_are_removed_beside_each_other(double containers, double keys, string longest)
    {
        var chain = WaitChain.Of(
        [
            TestTrace.Of("StopOnNode", "n1", 0, 1),
            TestTrace.Of("RemoveContainers", "n1", 0.05, containers),
            TestTrace.Of("RemoveAccess", "n1", 0, keys),
        ]);

        Assert.Equal(longest, chain.Longest!.Phase);
        Assert.Equal(2, chain.Leaves.Count);
    }

    [Fact]
    public void A_phase_with_a_short_part_is_waited_for_itself()
    {
        var chain = WaitChain.Of(
        [
            TestTrace.Of("Survey", "n1", 0, 0.1), TestTrace.Of("UpdateImage", "n1", 0.1, 2), TestTrace.Of("PullImage", "n1", 0.1, 1.99),
            TestTrace.Of("NameImage", "n1", 1.9, 1.98),
        ]);

        Assert.Equal(["Survey", "PullImage"], chain.Links.Select(link => link.Phase));
        Assert.Equal(["Survey", "PullImage"], chain.Leaves.Select(leaf => leaf.Phase));
    }

    [Fact]
    public void In_words_it_is_the_longest_with_its_share_and_what_others_needed()
    {
        var chain = WaitChain.Of(
        [
            TestTrace.Of("PullImage", "n1", 0, 0.5, "pisa/hpc:1"), TestTrace.Of("PullImage", "n2", 0, 0.4, "pisa/hpc:1"),
            TestTrace.Of("PullImage", "n3", 0, 8, "pisa/hpc:1"), TestTrace.Of("WaitUntilReady", "n3", 8, 10),
        ]);
        Assert.Equal(
            "n3: pulling the image pisa/hpc:1, 8.000 s of 10.000 s (80 %); the other nodes took 0.500 s for it in the median.",
            chain.WordsOf(10));
        Assert.Equal("Nothing was waited for.", WaitChain.Of([]).WordsOf(0));
    }
}
