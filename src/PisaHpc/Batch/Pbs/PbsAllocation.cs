namespace PisaHpc.Batch.Pbs;

/// <summary>
/// An allocation of PBS Pro, OpenPBS or Torque (qsub(1B)): the node file has one line for each slot. How many CPUs a slot has (ncpus)
/// stands in no variable. The job's owner is the user that the process runs as: PBS_O_LOGNAME is whatever LOGNAME was at the submission, so
/// that a hook of root must not believe it.
/// </summary>
internal static class PbsAllocation
{
    /// <summary>The variable whose presence means a PBS job.</summary>
    public const string JobIdVariable = "PBS_JOBID";

    private const string NodeFileVariable = "PBS_NODEFILE";

    /// <summary>Reads the allocation.</summary>
    /// <param name="owner">The owner; null takes the user of this process, unless that is root.</param>
    public static HpcAllocation Read(JobEnvironment environment, string? owner)
    {
        var jobId = JobIdOf(environment);
        var path = environment.Value(NodeFileVariable)
            ?? throw new HpcException(
                ErrorId.AllocationNotFound, $"PBS job {jobId} has no nodes here: {NodeFileVariable} is not set.", jobId);
        return new HpcAllocation
        {
            JobId = jobId,
            BatchSystem = Scheduler.Pbs,
            Queue = environment.Value("PBS_QUEUE"),
            Nodes = NodeSlots.Count(environment.LinesOf(NodeFileVariable, path), $"{NodeFileVariable} ({path})"),
            Owner = owner is null ? environment.OwnProcessOwner(jobId) : environment.FindOwner(owner),
        };
    }

    /// <summary>The id of the job.</summary>
    public static string JobIdOf(JobEnvironment environment) => JobIds.Validate(
        environment.Value(JobIdVariable)
            ?? throw new HpcException(ErrorId.AllocationNotFound, $"This process is part of no PBS job: {JobIdVariable} is not set."),
        JobIdVariable);
}
