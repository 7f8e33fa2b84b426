using PisaHpc.Nodes;

namespace PisaHpc.Batch;

/// <summary>A batch system that is asked for its jobs, by its own client programs on a host that has them.</summary>
public interface IBatchSystem
{
    /// <summary>What a job was granted, and <see cref="HpcAllocation.Job"/> with what else is known of it.</summary>
    /// <param name="jobId">The job's id; of an array one element's.</param>
    /// <param name="owner">The owner; null takes the one that the batch system names, as the host's name service knows him.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.JobNotFound"/>; <see cref="ErrorId.AllocationNotFound"/> for a job that has no nodes, or no longer;
    /// <see cref="ErrorId.BatchSystemFailed"/> when it cannot be asked; <see cref="ErrorId.UserNotFound"/>.
    /// </exception>
    Task<HpcAllocation> GetAllocationAsync(string jobId, JobOwner? owner, CancellationToken cancellationToken);

    /// <summary>How a job ended.</summary>
    /// <param name="jobId">The job's id; of an array one element's.</param>
    /// <returns>Null for a job that has not ended, or that waits to run again.</returns>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.JobNotFound"/>; <see cref="ErrorId.BatchSystemFailed"/> when it cannot be asked.
    /// </exception>
    Task<BatchEnd?> FindEndAsync(string jobId, CancellationToken cancellationToken);
}

/// <summary>The batch systems that can be asked.</summary>
public static class BatchSystems
{
    /// <summary>A batch system, asked on a host.</summary>
    /// <param name="host">The connection to a host that has its client programs.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.PlatformNotSupported"/> for one that cannot be asked.</exception>
    public static IBatchSystem On(INodeConnection host, Scheduler kind) => kind switch
    {
        Scheduler.Slurm => new Slurm.SlurmClient(host),
        _ => throw new HpcException(
            ErrorId.PlatformNotSupported,
            $"Jobs of {kind} cannot be asked for by their id: {Scheduler.Slurm} is the one batch system that is asked.",
            kind,
            "Read the allocation inside the job, from its environment: Get-HpcAllocation."),
    };
}
