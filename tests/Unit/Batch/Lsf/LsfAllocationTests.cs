using PisaHpc.Batch;

namespace PisaHpc.Unit.Batch.Lsf;

public sealed class LsfAllocationTests
{
    private static readonly (string, string) Id = ("LSB_JOBID", "1234");
    private static readonly (string, string) Counts = ("LSB_MCPU_HOSTS", "o2wn01 32 o2wn02 24 ");
    private readonly FakeJob _job = new();

    [Fact]
    public void Hosts_with_their_slots_make_an_allocation()
    {
        var allocation = AllocationReader.Read(_job.With(Id, Counts, ("LSB_QUEUE", "hpc"), ("LSB_JOBINDEX", "0")));
        Assert.Equal("1234", allocation.JobId);
        Assert.Equal(nameof(Scheduler.Lsf), allocation.Scheduler);
        Assert.Equal("hpc", allocation.Queue);
        Assert.Equal([new("o2wn01", 32) { Cpus = 32 }, new("o2wn02", 24) { Cpus = 24 }], allocation.Nodes);
        Assert.Equal(56, allocation.TotalSlots);
        Assert.Equal([4001u, 5001u, 5002u], allocation.Owner.Groups);
    }

    [Fact]
    public void An_array_element_has_its_index_in_the_id() =>
        Assert.Equal("1234[5]", AllocationReader.Read(_job.With(Id, Counts, ("LSB_JOBINDEX", "5"))).JobId);

    [Fact]
    public void A_host_file_has_a_line_for_each_slot_and_is_used_where_there_are_no_counts()
    {
        _job.Files["/lsf/hosts"] = "o2wn02\no2wn01\no2wn02\n\n";
        var allocation = AllocationReader.Read(_job.With(Id, ("LSB_DJOB_HOSTFILE", "/lsf/hosts"), ("LSB_HOSTS", "other")));
        Assert.Equal([new("o2wn02", 2) { Cpus = 2 }, new("o2wn01", 1) { Cpus = 1 }], allocation.Nodes);
    }

    [Fact]
    public void A_list_of_hosts_names_each_once_for_each_slot() =>
        Assert.Equal(
            [new("b", 2) { Cpus = 2 }, new("a", 1) { Cpus = 1 }], AllocationReader.Read(_job.With(Id, ("LSB_HOSTS", "b b a"))).Nodes);

    [Fact]
    public void A_host_that_comes_twice_has_the_sum_of_its_slots() =>
        Assert.Equal(
            [new("a", 5) { Cpus = 5 }, new("b", 2) { Cpus = 2 }],
            AllocationReader.Read(_job.With(Id, ("LSB_MCPU_HOSTS", "a 4 b 2 a 1"))).Nodes);

    [Fact]
    public void The_owner_in_a_hook_of_root_is_the_one_that_LSF_names()
    {
        var hook = new FakeJob { ProcessOwner = FakeJob.Root };
        Assert.Equal("hpcuser", AllocationReader.Read(hook.With(Id, Counts, ("LSFUSER", "hpcuser"))).Owner.Name);
    }

    [Fact]
    public void Root_is_no_owner_by_default()
    {
        var hook = new FakeJob { ProcessOwner = FakeJob.Root };
        var failure = Assert.Throws<HpcException>(() => AllocationReader.Read(hook.With(Id, Counts)));
        Assert.Equal(ErrorId.UserNotFound, failure.Id);
        Assert.Contains("-Owner", failure.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal("root", AllocationReader.Read(hook.With(Id, Counts), owner: "root").Owner.Name);
    }

    [Theory]
    [InlineData("o2wn01 32 o2wn02", "'o2wn02' has none")]
    [InlineData("o2wn01 0", "word 2: '0' is not a number of slots")]
    [InlineData("o2wn01 32 o2wn02 x", "word 4: 'x' is not a number of slots")]
    [InlineData("o2wn01 -3", "word 2: '-3' is not a number of slots")]
    [InlineData("o2wn01 99999999999", "word 2: '99999999999' is not a number of slots")]
    [InlineData("-oProxyCommand=x 1", "cannot start with '-'")]
    public void Counts_that_contradict_themselves_are_refused_by_variable_and_word(string value, string complaint)
    {
        var failure = Assert.Throws<HpcException>(() => AllocationReader.Read(_job.With(Id, ("LSB_MCPU_HOSTS", value))));
        Assert.Equal(ErrorId.InvalidValue, failure.Id);
        Assert.StartsWith("LSB_MCPU_HOSTS", failure.Message, StringComparison.Ordinal);
        Assert.Contains(complaint, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_job_without_hosts_says_which_variables_were_looked_for()
    {
        var failure = Assert.Throws<HpcException>(() => AllocationReader.Read(_job.With(Id)));
        Assert.Equal(ErrorId.AllocationNotFound, failure.Id);
        Assert.Contains("LSB_MCPU_HOSTS, LSB_DJOB_HOSTFILE and LSB_HOSTS", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/missing", "cannot be read")]
    [InlineData("/empty", "names no node")]
    public void A_host_file_that_says_nothing_is_an_error_with_its_path(string path, string complaint)
    {
        _job.Files["/empty"] = "\n";
        var failure = Assert.Throws<HpcException>(() => AllocationReader.Read(_job.With(Id, ("LSB_DJOB_HOSTFILE", path))));
        Assert.Equal(ErrorId.AllocationNotFound, failure.Id);
        Assert.Contains(path, failure.Message, StringComparison.Ordinal);
        Assert.Contains(complaint, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_id_that_is_no_id_names_its_variable()
    {
        var failure = Assert.Throws<HpcException>(() => AllocationReader.Read(_job.With(("LSB_JOBID", "../x"), Counts)));
        Assert.StartsWith("LSB_JOBID '../x'", failure.Message, StringComparison.Ordinal);
    }
}
