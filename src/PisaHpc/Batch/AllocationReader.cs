using PisaHpc.Batch.HTCondor;
using PisaHpc.Batch.Lsf;
using PisaHpc.Batch.Pbs;
using PisaHpc.Batch.Slurm;

namespace PisaHpc.Batch;

/// <summary>Reads the allocation of the job that a process is part of from what the batch system put into its environment.</summary>
public static class AllocationReader
{
    /// <summary>An owner for whom no name service is asked.</summary>
    private const string Anyone = "root:0:0";

    /// <summary>
    /// Reads an allocation. Where several batch systems left variables, LSF goes before Slurm and Slurm before PBS, whose variables the
    /// others' compatibility wrappers also set; HTCondor comes last, whose daemons may run in a job of another one.
    /// </summary>
    /// <param name="scheduler">The batch system; null takes the one found.</param>
    /// <param name="owner">The owner as <see cref="JobOwners.Find"/> takes it; null takes the one that the batch system names.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.AllocationNotFound"/> outside of a job; <see cref="ErrorId.InvalidValue"/> for a variable that contradicts
    /// itself or another; <see cref="ErrorId.UserNotFound"/>.
    /// </exception>
    public static HpcAllocation Read(JobEnvironment environment, Scheduler? scheduler = null, string? owner = null) =>
        (scheduler ?? Detect(environment) ?? throw NoJob()) switch
        {
            Scheduler.Lsf => LsfAllocation.Read(environment, owner),
            Scheduler.Slurm => SlurmAllocation.Read(environment, owner),
            Scheduler.Pbs => PbsAllocation.Read(environment, owner),
            Scheduler.HTCondor => HTCondorAllocation.Read(environment, owner),
            _ => throw new HpcException(
                ErrorId.InvalidValue,
                "An allocation by hand is not read from the environment: its nodes and slots are given.",
                scheduler,
                "Get-HpcAllocation -Node 'o2wn[01-02]' -Slot 32,24"),
        };

    /// <summary>The id of the job of which the batch system tells a process a part alone, and has to be asked for the whole.</summary>
    /// <returns>Null where the environment tells all, or nothing.</returns>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/> for a variable that holds no id.</exception>
    public static string? FindJobToldInPart(JobEnvironment environment) =>
        Detect(environment) == Scheduler.Slurm && SlurmAllocation.IsOfComponent(environment)
            ? SlurmAllocation.JobIdOf(environment)
            : null;

    /// <summary>The id of the job that a process is part of: all that a batch system is sure to tell when the job has ended.</summary>
    /// <returns>The id; null outside of a job.</returns>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/> for a variable that holds no id.</exception>
    public static string? FindJobId(JobEnvironment environment) => Detect(environment) switch
    {
        Scheduler.Lsf => LsfAllocation.JobIdOf(environment),
        Scheduler.Slurm => SlurmAllocation.JobIdOf(environment),
        Scheduler.Pbs => PbsAllocation.JobIdOf(environment),
        Scheduler.HTCondor => HTCondorAllocation.JobIdOf(environment),
        _ => null,
    };

    /// <summary>The nodes of a job, where the process is in its allocation; an epilogue of root may not be told whose it is.</summary>
    /// <returns>
    /// The nodes; none outside of the job, and none where its variables name no nodes, as they may after its end.
    /// </returns>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/> for a variable that contradicts itself or another.</exception>
    public static IReadOnlyList<string> NodesOf(string jobId, JobEnvironment environment)
    {
        try
        {
            return FindJobId(environment) == jobId
                ? [.. Read(environment, owner: Anyone).Nodes.Select(node => node.Name)]
                : [];
        }
        catch (HpcException failure) when (failure.Id == ErrorId.AllocationNotFound)
        {
            return [];
        }
    }

    /// <summary>How a job ended, as the batch system tells an epilogue of it.</summary>
    /// <returns>Null outside of the job, and where the variables do not tell.</returns>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/> for a variable that holds no id.</exception>
    public static BatchEnd? FindEnd(string jobId, JobEnvironment environment) => FindJobId(environment) != jobId ? null
        : Detect(environment) switch
        {
            Scheduler.Lsf => LsfAllocation.FindEnd(environment),
            Scheduler.Slurm => SlurmEnd.In(environment),
            _ => null,
        };

    /// <summary>The failure of what needs a job and runs in none.</summary>
    public static HpcException NoJob() =>
        new(
            ErrorId.AllocationNotFound,
            "This process is part of no batch job: none of LSB_JOBID, SLURM_JOB_ID, PBS_JOBID and _CONDOR_JOB_AD is set.");

    private static Scheduler? Detect(JobEnvironment environment) =>
        environment.First(LsfAllocation.JobIdVariable) is not null ? Scheduler.Lsf
        : environment.First(SlurmAllocation.JobIdVariables) is not null ? Scheduler.Slurm
        : environment.First(PbsAllocation.JobIdVariable) is not null ? Scheduler.Pbs
        : environment.First(HTCondorAllocation.JobAdVariable) is not null ? Scheduler.HTCondor
        : null;
}
