using PisaHpc.Batch;
using PisaHpc.Nodes;

namespace PisaHpc.Unit.Jobs.Orphans;

/// <summary>A node that shows jobs, as of a batch system whose processes say the cluster.</summary>
/// <param name="node">The node; others show none.</param>
internal sealed class ShownJobs(string node, params RunningJob[] jobs) : IJobEvidence
{
    public bool IsJobId(string jobId) => BatchSystems.EvidenceOf(Scheduler.Lsf).IsJobId(jobId);

    public Task<IReadOnlyList<RunningJob>> FindRunningAsync(INodeConnection connection, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<RunningJob>>(connection.Node == node ? jobs : []);
}
