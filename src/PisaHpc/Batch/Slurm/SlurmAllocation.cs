using System.Globalization;

namespace PisaHpc.Batch.Slurm;

/// <summary>
/// An allocation of Slurm, from the variables of sbatch(1), srun(1) and the prolog (slurm.conf(5)): that of all components of the job
/// together.
/// </summary>
internal static class SlurmAllocation
{
    /// <summary>The variables whose presence means a Slurm job, the newer one first.</summary>
    public static readonly string[] JobIdVariables = ["SLURM_JOB_ID", "SLURM_JOBID"];

    /// <summary>
    /// In a prolog or an epilog of a heterogeneous job: its first component's id, which is the job's in its script. The last is that of
    /// Slurm before 20.02.
    /// </summary>
    private static readonly string[] WholeJobVariables = ["SLURM_HET_JOB_ID", "SLURM_PACK_JOB_ID"];

    /// <summary>Reads the allocation.</summary>
    /// <param name="owner">The owner; null takes SLURM_JOB_UID or SLURM_JOB_USER, which Slurm sets itself.</param>
    public static HpcAllocation Read(JobEnvironment environment, string? owner)
    {
        var jobId = JobIdOf(environment);
        RequireWholeJob(environment, jobId);
        var components = SlurmComponent.Of(environment, jobId);
        return new HpcAllocation
        {
            JobId = jobId,
            BatchSystem = Scheduler.Slurm,
            Cluster = environment.Value("SLURM_CLUSTER_NAME"),
            Queue = components.First().Partition,
            Nodes = NodeSlots.Merge(components.SelectMany(component => component.Nodes()), $"Slurm job {jobId}"),
            Owner = owner is null ? OwnerOf(environment, jobId) : environment.FindOwner(owner),
            RestartCount = RestartsOf(environment),
        };
    }

    /// <summary>How often the job was started anew: by a hook's variable or a script's, which comes with the first time.</summary>
    public static int RestartsOf(JobEnvironment environment) =>
        environment.First("SLURM_JOB_RESTART_COUNT", "SLURM_RESTART_COUNT") is var (_, text)
        && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var restarts) ? restarts : 0;

    /// <summary>The id of the job; of a heterogeneous one in each of its components the first component's.</summary>
    public static string JobIdOf(JobEnvironment environment)
    {
        var (variable, id) = environment.First([.. WholeJobVariables, .. JobIdVariables])
            ?? throw new HpcException(ErrorId.AllocationNotFound, "This process is part of no Slurm job: SLURM_JOB_ID is not set.");
        return JobIds.Validate(id, variable);
    }

    /// <summary>
    /// Whether it is that of a prolog or an epilog of a heterogeneous job, which Slurm tells of the component that it runs for alone.
    /// </summary>
    public static bool IsOfComponent(JobEnvironment environment) => environment.First(WholeJobVariables) is not null;

    /// <summary>A part of a job is not taken for the job.</summary>
    private static void RequireWholeJob(JobEnvironment environment, string jobId)
    {
        if (IsOfComponent(environment))
        {
            throw new HpcException(
                ErrorId.AllocationNotFound,
                $"Slurm job {jobId} is heterogeneous, and its prolog is told of component {environment.First(JobIdVariables)?.Value} alone "
                + $"(nodes {environment.First(SlurmComponent.NodeListVariables)?.Value}).",
                jobId,
                "Ask Slurm for all of it with Get-HpcAllocation -JobId, as pisahpc-hook start does, or start it in the job's script, where "
                + "Slurm names the nodes of all components. Stop-HpcJob works in the epilog as ever.");
        }
    }

    private static JobOwner OwnerOf(JobEnvironment environment, string jobId)
    {
        var owner = environment.Value("SLURM_JOB_UID") is { } uid ? environment.OwnerOfUid(Id(uid, "SLURM_JOB_UID"))
            : environment.Value("SLURM_JOB_USER") is { } name ? environment.FindOwner(name)
            : environment.OwnProcessOwner(jobId);
        if (environment.Value("SLURM_JOB_GID") is not { } gid)
        {
            return owner;
        }

        // sbatch --gid: a job's primary group can be another one of the user's.
        var primary = Id(gid, "SLURM_JOB_GID");
        return owner with { Gid = primary, Groups = JobOwners.Ordered(primary, owner.Groups) };
    }

    private static uint Id(string text, string variable) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : throw new HpcException(
            ErrorId.InvalidValue, $"{variable} {Quote.Of(text)} is not a number.", variable);
}
