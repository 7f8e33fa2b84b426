using System.Collections.Concurrent;
using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Jobs.Records;
using PisaHpc.Ports;
using PisaHpc.Tracing;

namespace PisaHpc.Jobs;

/// <summary>Takes back a start that failed or was interrupted.</summary>
/// <param name="request">The job.</param>
/// <param name="limit">How long it may last on a node: the caller's token may be gone.</param>
/// <param name="taken">Told what was there.</param>
internal sealed class JobRollback(Cluster cluster, JobRequest request, TimeSpan limit, TakenBack taken)
{
    /// <summary>
    /// Takes everything of the job off every node, those of earlier attempts too, and gives the port back. A node that cannot be cleaned
    /// keeps the lease alive: it is what Stop-HpcJob finds the node by.
    /// </summary>
    /// <param name="cause">Why the start failed.</param>
    /// <param name="failed">The nodes that failed; none where it was interrupted.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.JobLeftBehind"/>.</exception>
    public async Task RunAsync(PortHold hold, Exception cause, IReadOnlyList<NodeFailure> failed, StartRecord record)
    {
        var left = new ConcurrentQueue<NodeFailure>();
        var cleanup = new JobCleanup(cluster) { Owner = request.ForUser, TakenBack = taken };
        await (cluster with { Failed = left.Enqueue, NodeTimeout = limit }).OnEachAsync(
            request.Allocation.Nodes.Select(node => node.Name).Union(hold.Lease.Nodes),
            (node, stopping) => cleanup.CleanAsync(node, request.Allocation.JobId, request.Directory, TimeSpan.Zero, stopping),
            CancellationToken.None,
            phase: Phase.TakeBack);
        if (!left.IsEmpty)
        {
            record.KeepLease(hold);
            throw FailedStart.LeftBehind(request.Allocation.JobId, cause, failed, [.. left]);
        }

        if (hold.Release().Changed)
        {
            taken.AddPort(WorkloadId.Job(request.Allocation.JobId).ToString());
        }
    }
}
