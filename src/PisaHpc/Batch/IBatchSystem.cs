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

    /// <summary>What it knows of all of its jobs, in one question: whole, or an error.</summary>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.BatchSystemFailed"/>: it cannot be asked, hides jobs from the asking user, or said a part alone;
    /// <see cref="ErrorId.NodeCommandFailed"/>: its answer was cut.
    /// </exception>
    Task<JobCensus> ListJobsAsync(CancellationToken cancellationToken);

    /// <summary>The same, and of jobs that run <see cref="JobStanding.Submission"/> too, in the same question.</summary>
    /// <exception cref="HpcException">As for <see cref="ListJobsAsync"/>.</exception>
    Task<JobCensus> ListJobsInDetailAsync(CancellationToken cancellationToken);

    /// <summary>How a job ended; where the batch system keeps accounts, also one that it has forgotten otherwise.</summary>
    /// <param name="jobId">The job's id; of an array one element's.</param>
    /// <returns>Null for a job that has not ended, or that waits to run again.</returns>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.JobNotFound"/>; <see cref="ErrorId.BatchSystemFailed"/> when it cannot be asked.
    /// </exception>
    Task<BatchEnd?> FindEndAsync(string jobId, CancellationToken cancellationToken);
}

/// <summary>What nodes themselves show of a batch system's jobs: no controller is asked.</summary>
public interface IJobEvidence
{
    /// <summary>Whether an id is of the form that the batch system itself gives.</summary>
    bool IsJobId(string jobId);

    /// <summary>The jobs of which the batch system runs something on a node now, by what no user can make up.</summary>
    /// <returns>
    /// Those. One that is missing may live all the same: a node may have nothing of it to run yet, and who is not root there sees none.
    /// </returns>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>.</exception>
    Task<IReadOnlyList<RunningJob>> FindRunningAsync(INodeConnection node, CancellationToken cancellationToken);
}

/// <summary>The batch systems that can be asked.</summary>
public static class BatchSystems
{
    private const string Asked = $"{nameof(Scheduler.Slurm)}, {nameof(Scheduler.Lsf)} and {nameof(Scheduler.HTCondor)}";

    /// <summary>A batch system, asked on a host.</summary>
    /// <param name="host">The connection to a host that has its client programs.</param>
    /// <param name="cluster">The site's cluster, by the batch system's own word: another one's answer is an error. Null takes any.</param>
    /// <param name="profile">Of LSF the profile.lsf on that host by which it is asked; null for that of the host.</param>
    /// <param name="schedulers">Of HTCondor the names of its schedulers.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.PlatformNotSupported"/> for one that cannot be asked.</exception>
    public static IBatchSystem On(
        INodeConnection host,
        Scheduler kind,
        string? cluster = null,
        string? profile = null,
        IReadOnlyList<string>? schedulers = null) => kind switch
        {
            Scheduler.Slurm => new Slurm.SlurmClient(host, cluster),
            Scheduler.Lsf => new Lsf.LsfClient(host, cluster, profile),
            Scheduler.HTCondor => new HTCondor.HTCondorClient(host, schedulers ?? []),
            _ => throw new HpcException(
                ErrorId.PlatformNotSupported,
                $"Jobs of {kind} cannot be asked for by their id: {Asked} are the batch systems that are asked.",
                kind,
                "Read the allocation inside the job, from its environment: Get-HpcAllocation."),
        };

    /// <summary>What nodes show of a batch system's jobs.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.PlatformNotSupported"/> for one that is not asked.</exception>
    public static IJobEvidence EvidenceOf(Scheduler kind) => kind switch
    {
        Scheduler.Slurm => new Slurm.SlurmEvidence(),
        Scheduler.Lsf => new Lsf.LsfEvidence(),
        Scheduler.HTCondor => new HTCondor.HTCondorEvidence(),
        _ => throw new HpcException(
            ErrorId.PlatformNotSupported,
            $"Whether jobs of {kind} live cannot be told: {Asked} are the batch systems that are asked.",
            kind,
            "Stop jobs that have ended by their ids: Stop-HpcJob."),
    };
}
