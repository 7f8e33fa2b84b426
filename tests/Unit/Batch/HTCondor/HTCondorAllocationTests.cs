using PisaHpc.Batch;

namespace PisaHpc.Unit.Batch.HTCondor;

public sealed class HTCondorAllocationTests
{
    private const string Number = "ClusterId = 7\nProcId = 12\n";
    private const string Ad = Number + "GlobalJobId = \"sched01@head#7.12#1764430000\"\nnumjobstarts = 2\n" + "Owner = \"mallory\"\n";
    private const string Slot = "Machine = \"o2wn02\"\nName = \"slot1_3@o2wn02\"\nCpus = 4\nMemory = 2048\nRequirements = (Cpus = 9)\n";

    private static readonly (string, string)[] Variables =
        [("_CONDOR_JOB_AD", "/s/.job.ad"), ("_CONDOR_MACHINE_AD", "/s/.machine.ad"), ("_CONDOR_SCRATCH_DIR", "/s")];

    [Fact]
    public void A_slot_is_one_node_with_its_CPUs_its_memory_and_the_directory_of_the_job()
    {
        var allocation = AllocationReader.Read(Job().With(Variables));
        Assert.Equal(("7.12.sched01_head", 2), (allocation.JobId, allocation.RestartCount));
        Assert.Equal(nameof(Scheduler.HTCondor), allocation.Scheduler);
        Assert.Equal(
            [new("o2wn02", 4) { Cpus = 4, MemoryBytes = 2048L << 20, ScratchDirectory = "/s" }], allocation.Nodes);
        Assert.Equal("7.12.sched01_head", AllocationReader.FindJobId(Job().With(Variables)));
    }

    [Theory]
    [InlineData("GlobalJobId = \"sched01@head#7.12\"")]
    [InlineData("GlobalJobId = \"sched01@head#9.0#1764430000\"")]
    public void The_id_is_of_what_nobody_can_edit_and_a_time_need_not_be_there(string line) =>
        Assert.Equal("7.12.sched01_head", AllocationReader.Read(Job(job: Number + line).With(Variables)).JobId);

    [Fact]
    public void Of_a_slot_with_a_fraction_the_whole_CPUs_count() =>
        Assert.Equal(
            (2, 64L << 20),
            AllocationReader.Read(Job(slot: "Machine = \"o2wn02\"\nCpus = 2.5\nMemory = 64.0\n").With(Variables)).Nodes[0] is var node
                ? (node.Cpus, node.MemoryBytes)
                : default);

    [Fact]
    public void The_owner_is_who_runs_it_and_in_a_program_of_roots_the_one_for_whom_sudo_does_whatever_the_ad_says()
    {
        Assert.Equal("hpcuser", AllocationReader.Read(Job().With(Variables)).Owner.Name);
        var ofRoot = Job(FakeJob.Root);
        Assert.Equal("hpcuser", AllocationReader.Read(ofRoot.With([.. Variables, ("SUDO_UID", "4001")])).Owner.Name);
        foreach (var uid in new[] { "0", "mallory", "" })
        {
            var failure = Assert.Throws<HpcException>(() => AllocationReader.Read(ofRoot.With([.. Variables, ("SUDO_UID", uid)])));
            Assert.Equal(ErrorId.UserNotFound, failure.Id);
        }
    }

    [Theory]
    [InlineData("", Slot, ErrorId.InvalidValue, "scheduler#1234.5#time")]
    [InlineData("GlobalJobId = \"sched01#7.12#1\"", Slot, ErrorId.InvalidValue, "expected ClusterId, ProcId")]
    [InlineData(Number + "GlobalJobId = \"#7.12\"", Slot, ErrorId.InvalidValue, "expected ClusterId, ProcId")]
    [InlineData(Number + "GlobalJobId = \"../x#7.0#1\"", Slot, ErrorId.InvalidValue, "7.12.../x")]
    [InlineData(Ad, "Machine = \"o2wn02\"\nCpus = 0.5\n", ErrorId.InvalidValue, "or less than one")]
    [InlineData(Ad, "Machine = \"o2wn02\"\nCpus = x\n", ErrorId.InvalidValue, "does not say how many Cpus")]
    [InlineData(Ad, "Machine = \"-oProxyCommand=x\"\nCpus = 1\n", ErrorId.InvalidValue, "cannot start with '-'")]
    public void An_ad_that_is_none_of_HTCondors_is_refused(string job, string slot, ErrorId id, string words)
    {
        var failure = Assert.Throws<HpcException>(() => AllocationReader.Read(Job(job: job, slot: slot).With(Variables)));
        Assert.Equal(id, failure.Id);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_ad_that_is_gone_is_said_so_and_one_that_only_another_batch_system_may_have_is_read_last()
    {
        var failure = Assert.Throws<HpcException>(() => AllocationReader.Read(new FakeJob().With(Variables)));
        Assert.Equal(ErrorId.AllocationNotFound, failure.Id);
        var both = Job().With([.. Variables, ("LSB_JOBID", "12"), ("LSB_HOSTS", "a")]);
        Assert.Equal("12", AllocationReader.Read(both).JobId);
    }

    private static FakeJob Job(JobOwner? process = null, string job = Ad, string slot = Slot)
    {
        var fake = new FakeJob { ProcessOwner = process ?? FakeJob.HpcUser };
        (fake.Files["/s/.job.ad"], fake.Files["/s/.machine.ad"]) = (job, slot);
        return fake;
    }
}
