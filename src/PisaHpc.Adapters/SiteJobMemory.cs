using PisaHpc.Batch;
using PisaHpc.Batch.Slurm;
using PisaHpc.Sites;

namespace PisaHpc.Adapters;

/// <summary>
/// How much memory a site's batch system granted to a job that it did not tell: Slurm, since the memory limit of LSF is a job's, or a
/// process's, and not a node's (bsub(1), -M).
/// </summary>
internal static class SiteJobMemory
{
    /// <summary>How long it may take: who starts a job has its nodes to look at meanwhile, and then waits.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>The question.</summary>
    /// <param name="environment">The job's environment, which says whether its containers are bounded by what was granted.</param>
    /// <returns>Null where it is known of every node, where it bounds nothing, and where nobody can be asked.</returns>
    public static Func<CancellationToken, Task<IReadOnlyDictionary<string, long>>>? Of(
        HpcSite site, HpcAllocation allocation, HpcEnvironment environment) =>
        environment.Static is not null
        || environment.Limits.Bounds == JobLimits.None
        || allocation.BatchSystem != Scheduler.Slurm
        || allocation.Nodes.All(node => node.MemoryBytes is not null)
            ? null
            : stopping => SiteBatchSystem.AtAsync(
                site,
                host: null,
                Limit,
                (host, limit) => new SlurmClient(host).FindMemoryAsync(allocation.JobId, limit),
                stopping);
}
