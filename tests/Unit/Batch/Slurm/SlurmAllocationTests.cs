using PisaHpc.Batch;

namespace PisaHpc.Unit.Batch.Slurm;

public sealed class SlurmAllocationTests
{
    private static readonly (string, string) Id = ("SLURM_JOB_ID", "77");
    private static readonly (string, string) Nodes = ("SLURM_JOB_NODELIST", "o2wn[01-03]");
    private static readonly (string, string) Tasks = ("SLURM_TASKS_PER_NODE", "32(x2),24");
    private readonly FakeJob _job = new();

    [Fact]
    public void Nodes_with_their_tasks_make_an_allocation()
    {
        var allocation = AllocationReader.Read(_job.With(Id, Nodes, Tasks, ("SLURM_JOB_PARTITION", "hpc"), ("SLURM_JOB_UID", "4001")));
        Assert.Equal(("77", nameof(Scheduler.Slurm), "hpc", "hpcuser"), (allocation.JobId, allocation.Scheduler, allocation.Queue, allocation.Owner.Name));
        Assert.Equal([new("o2wn01", 32), new("o2wn02", 32), new("o2wn03", 24)], allocation.Nodes);
    }

    [Fact]
    public void The_older_names_of_the_variables_do_as_well() =>
        Assert.Equal(
            [new("a", 2)], AllocationReader.Read(_job.With(("SLURM_JOBID", "77"), ("SLURM_NODELIST", "a"), ("SLURM_TASKS_PER_NODE", "2"))).Nodes);

    [Theory]
    [InlineData(null, "64(x2),48", 64, 48)]
    [InlineData("2", "64(x2),48", 32, 24)]
    [InlineData("100", "64(x2),48", 1, 1)]
    public void Without_tasks_the_slots_are_the_CPUs_by_the_CPUs_of_a_task(string? cpusPerTask, string cpus, int first, int last)
    {
        var allocation = AllocationReader.Read(_job.With(
            Id, Nodes, ("SLURM_JOB_CPUS_PER_NODE", cpus), ("SLURM_CPUS_PER_TASK", cpusPerTask ?? "")));
        Assert.Equal((first, last), (allocation.Nodes[0].Slots, allocation.Nodes[2].Slots));
    }

    [Theory]
    [InlineData("32(x2),24", 32, 24)]
    [InlineData("32(x2)", null, null)]
    public void The_CPUs_are_beside_the_tasks(string cpus, int? first, int? last)
    {
        var allocation = AllocationReader.Read(_job.With(
            Id, Nodes, ("SLURM_TASKS_PER_NODE", "1(x3)"), ("SLURM_JOB_CPUS_PER_NODE", cpus), ("SLURM_CPUS_PER_TASK", "32")));
        Assert.Equal((3, first, last), (allocation.TotalSlots, allocation.Nodes[0].Cpus, allocation.Nodes[2].Cpus));
    }

    [Theory]
    [InlineData("SLURM_MEM_PER_NODE", "300", 300, 300)]
    [InlineData("SLURM_MEM_PER_CPU", "256", 8192, 6144)]
    [InlineData("SLURM_MEM_PER_NODE", "0", null, null)]
    [InlineData("SLURM_MEM_PER_GPU", "100", null, null)]
    public void Memory_is_what_the_job_has_on_each_node_in_mebibytes(string variable, string value, int? first, int? last)
    {
        var nodes = AllocationReader.Read(_job.With(
            Id, Nodes, ("SLURM_TASKS_PER_NODE", "1(x3)"), ("SLURM_JOB_CPUS_PER_NODE", "32(x2),24"), (variable, value))).Nodes;
        Assert.Equal(((long?)first << 20, (long?)last << 20), (nodes[0].MemoryBytes, nodes[2].MemoryBytes));
    }

    [Fact]
    public void Memory_by_CPUs_is_not_known_where_the_CPUs_are_not() =>
        Assert.Null(AllocationReader.Read(_job.With(Id, Nodes, Tasks, ("SLURM_MEM_PER_CPU", "256"))).Nodes[0].MemoryBytes);

    [Fact]
    public void Memory_that_is_no_number_names_its_variable()
    {
        var failure = Assert.Throws<HpcException>(() => AllocationReader.Read(_job.With(Id, Nodes, Tasks, ("SLURM_MEM_PER_NODE", "4G"))));
        Assert.Equal((ErrorId.InvalidValue, "SLURM_MEM_PER_NODE '4G' is not a number of mebibytes."), (failure.Id, failure.Message));
    }

    [Fact]
    public void In_a_step_on_some_of_the_nodes_the_slots_are_still_those_of_the_job()
    {
        var allocation = AllocationReader.Read(_job.With(
            Id, Nodes, ("SLURM_STEP_ID", "0"), ("SLURM_TASKS_PER_NODE", "1"), ("SLURM_JOB_CPUS_PER_NODE", "32(x2),24")));
        Assert.Equal(88, allocation.TotalSlots);
    }

    [Fact]
    public void Fewer_counts_than_nodes_is_an_error_with_both_numbers()
    {
        var failure = Assert.Throws<HpcException>(() => AllocationReader.Read(_job.With(Id, Nodes, ("SLURM_TASKS_PER_NODE", "32(x2)"))));
        Assert.Equal(ErrorId.InvalidValue, failure.Id);
        Assert.Equal("SLURM_TASKS_PER_NODE '32(x2)' counts 2 nodes, and SLURM_JOB_NODELIST 'o2wn[01-03]' names 3.", failure.Message);
    }

    [Theory]
    [InlineData("32(x2,24", "'32(x2'")]
    [InlineData("32(x0),24", "'0'")]
    [InlineData("32(x),24", "''")]
    [InlineData("32,,24", "''")]
    [InlineData("0(x3)", "'0'")]
    [InlineData("32 (x2)", "'32 '")]
    [InlineData("1(x2000000)", "more than 1,000,000 nodes")]
    public void Malformed_counts_are_refused_by_variable_value_and_part(string tasks, string part)
    {
        var failure = Assert.Throws<HpcException>(() => AllocationReader.Read(_job.With(Id, Nodes, ("SLURM_TASKS_PER_NODE", tasks))));
        Assert.Equal(ErrorId.InvalidValue, failure.Id);
        Assert.StartsWith($"SLURM_TASKS_PER_NODE '{tasks}'", failure.Message, StringComparison.Ordinal);
        Assert.Contains(part, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_job_without_nodes_or_without_slots_is_not_found_here()
    {
        Assert.Equal(ErrorId.AllocationNotFound, Assert.Throws<HpcException>(() => AllocationReader.Read(_job.With(Id, Tasks))).Id);
        Assert.Equal(ErrorId.AllocationNotFound, Assert.Throws<HpcException>(() => AllocationReader.Read(_job.With(Id, Nodes))).Id);
    }

    [Fact]
    public void The_owner_is_the_user_that_Slurm_names_and_the_jobs_group_comes_first()
    {
        var hook = new FakeJob { ProcessOwner = FakeJob.Root };
        var owner = AllocationReader.Read(hook.With(Id, Nodes, Tasks, ("SLURM_JOB_USER", "hpcuser"), ("SLURM_JOB_GID", "5001"))).Owner;
        Assert.Equal(5001u, owner.Gid);
        Assert.Equal([5001u, 4001u, 5002u], owner.Groups);
    }

    [Fact]
    public void An_owner_that_is_no_number_names_its_variable()
    {
        var failure = Assert.Throws<HpcException>(() => AllocationReader.Read(_job.With(Id, Nodes, Tasks, ("SLURM_JOB_UID", "me"))));
        Assert.Equal("SLURM_JOB_UID 'me' is not a number.", failure.Message);
    }
}
