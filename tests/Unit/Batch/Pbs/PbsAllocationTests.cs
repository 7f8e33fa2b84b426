using PisaHpc.Batch;

namespace PisaHpc.Unit.Batch.Pbs;

public sealed class PbsAllocationTests
{
    private static readonly (string, string)[] Job = [("PBS_JOBID", "123[4].pbs01"), ("PBS_NODEFILE", "/pbs/nodes"), ("PBS_QUEUE", "hpc")];
    private readonly FakeJob _job = new() { Files = { ["/pbs/nodes"] = "o2wn01\no2wn01\no2wn02\n" } };

    [Fact]
    public void A_node_file_has_a_line_for_each_slot()
    {
        var allocation = AllocationReader.Read(_job.With(Job));
        Assert.Equal(("123[4].pbs01", nameof(Scheduler.Pbs), "hpc"), (allocation.JobId, allocation.Scheduler, allocation.Queue));
        Assert.Equal([new("o2wn01", 2), new("o2wn02", 1)], allocation.Nodes);
        Assert.Equal("hpcuser", allocation.Owner.Name);
    }

    [Fact]
    public void A_hook_of_root_does_not_believe_the_submitters_own_name()
    {
        var hook = new FakeJob { ProcessOwner = FakeJob.Root, Files = { ["/pbs/nodes"] = "o2wn01" } };
        var failure = Assert.Throws<HpcException>(() => AllocationReader.Read(hook.With([.. Job, ("PBS_O_LOGNAME", "hpcuser")])));
        Assert.Equal(ErrorId.UserNotFound, failure.Id);
        Assert.Equal("hpcuser", AllocationReader.Read(hook.With(Job), owner: "hpcuser").Owner.Name);
    }

    [Fact]
    public void A_node_file_that_is_not_named_or_not_there_is_an_error()
    {
        Assert.Contains("PBS_NODEFILE is not set", Failure(("PBS_JOBID", "1.s")).Message, StringComparison.Ordinal);
        Assert.Contains("/gone (PBS_NODEFILE) cannot be read", Failure(("PBS_JOBID", "1.s"), ("PBS_NODEFILE", "/gone")).Message, StringComparison.Ordinal);
    }

    private HpcException Failure(params (string, string)[] variables)
    {
        var failure = Assert.Throws<HpcException>(() => AllocationReader.Read(_job.With(variables)));
        Assert.Equal(ErrorId.AllocationNotFound, failure.Id);
        return failure;
    }
}
