using PisaHpc.Batch;

namespace PisaHpc.Unit.Batch.Slurm;

/// <summary>
/// Heterogeneous jobs. The environments were recorded from Slurm 22.05.8: <c>sbatch -p hpc -N2 -n20 : -p gpu -N2 -n3 -c8</c>, and
/// <c>salloc -n3 : -p gpu -N2 -n3</c>; the user and what does not matter here are left out.
/// </summary>
public sealed class SlurmHeterogeneousTests
{
    private const string BatchScript = """
        SLURM_CPUS_PER_TASK_HET_GROUP_1=8
        SLURM_HET_SIZE=2
        SLURM_JOBID=1
        SLURM_JOB_CPUS_PER_NODE=19,1
        SLURM_JOB_CPUS_PER_NODE_HET_GROUP_0=19,1
        SLURM_JOB_CPUS_PER_NODE_HET_GROUP_1=16,8
        SLURM_JOB_ID=1
        SLURM_JOB_ID_HET_GROUP_0=1
        SLURM_JOB_ID_HET_GROUP_1=2
        SLURM_JOB_NODELIST=o2wn[01-02]
        SLURM_JOB_NODELIST_HET_GROUP_0=o2wn[01-02]
        SLURM_JOB_NODELIST_HET_GROUP_1=o2wn[03-04]
        SLURM_JOB_PARTITION=hpc
        SLURM_JOB_PARTITION_HET_GROUP_0=hpc
        SLURM_JOB_PARTITION_HET_GROUP_1=gpu
        SLURM_NODELIST=o2wn[01-02]
        SLURM_TASKS_PER_NODE=19,1
        SLURM_TASKS_PER_NODE_HET_GROUP_0=19,1
        SLURM_TASKS_PER_NODE_HET_GROUP_1=2,1
        """;

    private const string Salloc = """
        SLURM_HET_SIZE=2
        SLURM_JOB_CPUS_PER_NODE_HET_GROUP_0=3
        SLURM_JOB_CPUS_PER_NODE_HET_GROUP_1=2,1
        SLURM_JOB_ID=9
        SLURM_JOB_ID_HET_GROUP_0=9
        SLURM_JOB_ID_HET_GROUP_1=10
        SLURM_JOB_NODELIST_HET_GROUP_0=o2wn02
        SLURM_JOB_NODELIST_HET_GROUP_1=o2wn[03-04]
        SLURM_JOB_PARTITION_HET_GROUP_0=hpc
        SLURM_JOB_PARTITION_HET_GROUP_1=gpu
        SLURM_NODELIST_HET_GROUP_0=o2wn02
        SLURM_NODELIST_HET_GROUP_1=o2wn[03-04]
        SLURM_TASKS_PER_NODE_HET_GROUP_0=3
        SLURM_TASKS_PER_NODE_HET_GROUP_1=2,1
        """;

    /// <summary>What <c>srun --het-group=1</c> adds in that salloc: the step's own numbers under the plain names.</summary>
    private const string StepOfTheSecondComponent = """
        SLURM_JOB_CPUS_PER_NODE=2,1
        SLURM_JOB_NODELIST=o2wn[03-04]
        SLURM_JOB_PARTITION=gpu
        SLURM_STEP_ID=0
        SLURM_TASKS_PER_NODE=2,1
        """;

    private const string PrologOfTheSecondComponent = """
        SLURM_HET_JOB_ID=1
        SLURM_JOBID=2
        SLURM_JOB_CPUS_PER_NODE=16,8
        SLURM_JOB_ID=2
        SLURM_JOB_NTASKS=3
        SLURM_JOB_NUM_NODES=2
        SLURM_JOB_PARTITION=gpu
        SLURM_NODELIST=o2wn[03-04]
        SLURM_SCRIPT_CONTEXT=prolog_slurmd
        """;

    [Fact]
    public void All_components_of_a_batch_script_are_one_allocation_and_the_first_is_its_head()
    {
        var allocation = Read(BatchScript);
        Assert.Equal(("1", "hpc"), (allocation.JobId, allocation.Queue));
        Assert.Equal([("o2wn01", 19, 19), ("o2wn02", 1, 1), ("o2wn03", 2, 16), ("o2wn04", 1, 8)], NodesOf(allocation));
    }

    [Fact]
    public void In_an_salloc_the_variables_without_a_component_are_not_missed()
    {
        var allocation = Read(Salloc);
        Assert.Equal(("9", "hpc"), (allocation.JobId, allocation.Queue));
        Assert.Equal([("o2wn02", 3, 3), ("o2wn03", 2, 2), ("o2wn04", 1, 1)], NodesOf(allocation));
    }

    [Fact]
    public void In_a_step_of_one_component_the_allocation_is_still_the_whole_jobs()
    {
        var allocation = Read(Salloc + "\n" + StepOfTheSecondComponent);
        Assert.Equal(("hpc", 6), (allocation.Queue, allocation.TotalSlots));
        Assert.Equal(["o2wn02", "o2wn03", "o2wn04"], allocation.Nodes.Select(node => node.Name));
    }

    [Fact]
    public void Slurm_before_20_02_calls_a_component_a_pack_group() => Assert.Equal(
        NodesOf(Read(BatchScript)), NodesOf(Read(BatchScript.Replace("_HET_", "_PACK_", StringComparison.Ordinal))));

    [Fact]
    public void Without_tasks_a_components_slots_are_its_own_CPUs_by_its_own_CPUs_of_a_task()
    {
        var text = BatchScript.Replace("SLURM_TASKS_PER_NODE_HET_GROUP_1=2,1", "", StringComparison.Ordinal);
        Assert.Equal([19, 1, 2, 1], Read(text).Nodes.Select(node => node.Slots));
    }

    [Fact]
    public void A_node_that_two_components_share_has_the_slots_and_CPUs_of_both()
    {
        var text = BatchScript.Replace("GROUP_1=o2wn[03-04]", "GROUP_1=o2wn[02-03]", StringComparison.Ordinal);
        Assert.Equal([("o2wn01", 19, 19), ("o2wn02", 3, 17), ("o2wn03", 1, 8)], NodesOf(Read(text)));
    }

    /// <summary>sbatch hands the variables of the job that it is called in to the new one, and overwrites those it sets itself.</summary>
    [Fact]
    public void A_plain_job_submitted_from_within_a_heterogeneous_one_is_not_taken_for_it()
    {
        var inner = BatchScript
            .Replace("SLURM_JOB_ID=1", "SLURM_JOB_ID=13", StringComparison.Ordinal)
            .Replace("SLURM_JOB_NODELIST=o2wn[01-02]", "SLURM_JOB_NODELIST=o2wn04", StringComparison.Ordinal)
            .Replace("SLURM_JOB_CPUS_PER_NODE=19,1", "SLURM_JOB_CPUS_PER_NODE=2", StringComparison.Ordinal)
            .Replace("SLURM_TASKS_PER_NODE=19,1", "SLURM_TASKS_PER_NODE=2", StringComparison.Ordinal);
        var allocation = Read(inner);
        Assert.Equal("13", allocation.JobId);
        Assert.Equal([("o2wn04", 2, 2)], NodesOf(allocation));
    }

    [Theory]
    [InlineData("SLURM_JOB_NODELIST_HET_GROUP_1=o2wn[03-04]", ErrorId.AllocationNotFound, "SLURM_JOB_NODELIST_HET_GROUP_1")]
    [InlineData("SLURM_TASKS_PER_NODE_HET_GROUP_1=2,1", ErrorId.InvalidValue, "SLURM_JOB_CPUS_PER_NODE_HET_GROUP_1 '16'")]
    public void A_component_that_is_not_told_whole_is_an_error_with_its_variable(string line, ErrorId id, string named)
    {
        var text = BatchScript.Replace(line, "", StringComparison.Ordinal).Replace("GROUP_1=16,8", "GROUP_1=16", StringComparison.Ordinal);
        var failure = Assert.Throws<HpcException>(() => Read(text));
        Assert.Equal(id, failure.Id);
        Assert.Contains(named, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_number_of_components_that_is_none_is_refused()
    {
        var text = BatchScript.Replace("SLURM_HET_SIZE=2", "SLURM_HET_SIZE=two", StringComparison.Ordinal);
        Assert.Contains("SLURM_HET_SIZE 'two'", Assert.Throws<HpcException>(() => Read(text)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_prolog_that_is_told_of_its_component_alone_is_refused_with_the_place_where_all_are_known()
    {
        var failure = Assert.Throws<HpcException>(() => Read(PrologOfTheSecondComponent));
        Assert.Equal(ErrorId.AllocationNotFound, failure.Id);
        Assert.Equal("1", failure.Target);
        Assert.Equal("Slurm job 1 is heterogeneous, and its prolog is told of component 2 alone (nodes o2wn[03-04]).", failure.Message);
        Assert.Contains("the job's script", failure.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal("1", AllocationReader.FindJobToldInPart(Environment(PrologOfTheSecondComponent)));
        Assert.Null(AllocationReader.FindJobToldInPart(Environment(BatchScript)));
    }

    [Fact]
    public void The_hooks_of_all_components_speak_of_one_job_by_the_first_components_id()
    {
        var older = PrologOfTheSecondComponent.Replace("_HET_", "_PACK_", StringComparison.Ordinal);
        Assert.Equal("1", AllocationReader.FindJobId(Environment(PrologOfTheSecondComponent)));
        Assert.Equal("1", AllocationReader.FindJobId(Environment(older)));
    }

    private static HpcAllocation Read(string lines) => AllocationReader.Read(Environment(lines));

    private static JobEnvironment Environment(string lines) => new FakeJob().With(
    [
        .. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('=')).Select(pair => (pair[0], pair[1]))
    ]);

    private static IEnumerable<(string, int, int?)> NodesOf(HpcAllocation allocation) =>
        allocation.Nodes.Select(node => (node.Name, node.Slots, node.Cpus));
}
