using PisaHpc.Batch;
using PisaHpc.HostLists;

namespace PisaHpc.Unit.Batch;

public sealed class ManualAllocationTests
{
    [Fact]
    public void Nodes_and_slots_make_an_allocation_with_an_id_of_its_own()
    {
        var allocation = Create("o2wn[01-02]", [32, 24]);
        Assert.Equal([new("o2wn01", 32) { Cpus = 32 }, new("o2wn02", 24) { Cpus = 24 }], allocation.Nodes);
        Assert.Equal(nameof(Scheduler.Manual), allocation.Scheduler);
        Assert.StartsWith("manual-", allocation.JobId, StringComparison.Ordinal);
        Assert.NotEqual(allocation.JobId, Create("o2wn[01-02]", [32, 24]).JobId);
    }

    [Fact]
    public void One_number_of_slots_is_for_every_node() => Assert.Equal(12, Create("n[1-3]", [4], "mine").TotalSlots);

    [Fact]
    public void Nodes_with_equal_slots_stand_together_on_a_line() =>
        Assert.Equal("n[1-2]*32 n3*24 n4*32", Create("n[1-4]", [32, 32, 24, 32]).NodeSummary());

    [Theory]
    [InlineData("n[1-3]", "1,2", "2 numbers of slots cannot be for 3 nodes (n[1-3])")]
    [InlineData("n1", "1,2", "2 numbers of slots cannot be for 1 node (n1)")]
    [InlineData("n1", "0", "A node has 1 to 100,000 slots, and not 0")]
    [InlineData("n[1-2]", "4,-1", "A node has 1 to 100,000 slots, and not -1")]
    [InlineData("n1", "2000000000", "A node has 1 to 100,000 slots, and not 2000000000")]
    [InlineData("n1,n2,n1", "4", "Node n1 is named twice")]
    [InlineData("", "4", "No node is named")]
    public void What_cannot_be_is_refused_by_value(string nodes, string slots, string complaint)
    {
        var failure = Assert.Throws<HpcException>(() => Create(nodes, [.. slots.Split(',').Select(int.Parse)]));
        Assert.Equal(ErrorId.InvalidValue, failure.Id);
        Assert.StartsWith(complaint, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_id_that_is_given_is_checked()
    {
        Assert.Equal("job[7]", Create("n1", [1], "job[7]").JobId);
        Assert.Throws<HpcException>(() => Create("n1", [1], "a/b"));
    }

    private static HpcAllocation Create(string nodes, int[] slots, string? jobId = null) =>
        ManualAllocation.Create(HostList.Expand(nodes), slots, jobId, "hpc", FakeJob.HpcUser, TimeProvider.System);
}
