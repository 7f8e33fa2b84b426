using PisaHpc.Batch;

namespace PisaHpc.Unit.Batch;

public sealed class AllocationReaderTests
{
    private static readonly (string, string)[] Slurm = [("SLURM_JOB_ID", "77"), ("SLURM_JOB_NODELIST", "a"), ("SLURM_TASKS_PER_NODE", "1")];
    private static readonly (string, string)[] Lsf = [("LSB_JOBID", "12"), ("LSB_HOSTS", "b")];
    private readonly FakeJob _job = new();

    [Fact]
    public void Outside_of_a_job_the_error_names_the_variables_looked_for()
    {
        var failure = Assert.Throws<HpcException>(() => AllocationReader.Read(_job.With(("LSB_JOBID", " "))));
        Assert.Equal(ErrorId.AllocationNotFound, failure.Id);
        Assert.Contains("LSB_JOBID, SLURM_JOB_ID, PBS_JOBID and _CONDOR_JOB_AD", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_batch_system_can_be_chosen_where_several_left_variables()
    {
        var both = _job.With([.. Slurm, .. Lsf]);
        Assert.Equal("12", AllocationReader.Read(both).JobId);
        Assert.Equal("77", AllocationReader.Read(both, Scheduler.Slurm).JobId);
        Assert.Equal(ErrorId.AllocationNotFound, Assert.Throws<HpcException>(() => AllocationReader.Read(both, Scheduler.Pbs)).Id);
        Assert.Equal(ErrorId.InvalidValue, Assert.Throws<HpcException>(() => AllocationReader.Read(both, Scheduler.Manual)).Id);
    }

    [Fact]
    public void An_owner_that_is_given_goes_before_the_one_that_is_named() =>
        Assert.Equal("root", AllocationReader.Read(_job.With([.. Slurm, ("SLURM_JOB_UID", "4001")]), owner: "root").Owner.Name);

    [Theory]
    [InlineData("12", "LSB_JOBID=12")]
    [InlineData("12[3]", "LSB_JOBID=12", "LSB_JOBINDEX=3")]
    [InlineData("77", "SLURM_JOB_ID=77")]
    [InlineData("9.server", "PBS_JOBID=9.server")]
    [InlineData(null, "LSB_QUEUE=hpc")]
    public void The_id_alone_needs_neither_nodes_nor_owner(string? id, params string[] variables)
    {
        var epilogue = new FakeJob { ProcessOwner = FakeJob.Root };
        var environment = epilogue.With([.. variables.Select(text => (text.Split('=')[0], text.Split('=')[1]))]);
        Assert.Equal(id, AllocationReader.FindJobId(environment));
    }

    [Fact]
    public void The_environment_of_this_process_has_its_variables() =>
        Assert.Equal(Environment.GetEnvironmentVariable("PATH"), JobEnvironment.OfProcess().Variables["PATH"]);
}
