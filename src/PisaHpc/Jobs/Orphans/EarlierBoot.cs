using PisaHpc.Batch;
using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Ports;

namespace PisaHpc.Jobs.Orphans;

/// <summary>
/// Finds what jobs left on a node that was booted since: their processes ended with that boot, whoever may be asked. Only the node itself
/// is asked, and only its own part is taken away: where else a job was, and its lease, are for whoever asks the batch system.
/// </summary>
/// <param name="cluster">The node, by whatever connection.</param>
/// <param name="ports">The port area, for the locks of jobs that are being started; null when it is not there.</param>
internal sealed class EarlierBoot(Cluster cluster, PortArea? ports, Scheduler system, IJobEvidence evidence)
{
    /// <summary>Finds it; nothing is changed.</summary>
    /// <param name="runDirectory">Where jobs' directories are.</param>
    /// <exception cref="HpcException">The node or its engine does not answer.</exception>
    public async Task<OrphanFindings> FindAsync(string node, string runDirectory, CancellationToken cancellationToken)
    {
        var connection = await cluster.Nodes.ConnectAsync(node, cancellationToken);
        var boot = await NodeProbe.ReadBootAsync(connection, cancellationToken);
        var traces = new NodeTraces(node);
        await traces.ReadAsync(cluster, runDirectory, evidence, cancellationToken);
        var judged = JobTraces.Of(ports?.List() ?? [], [traces], evidence.IsJobId)
            .Where(job => job.Containers.Count > 0)
            .Select(job => (Job: job, Why: WhyLeft(job, boot)))
            .ToArray();
        return new OrphanFindings(
            [
                .. judged.Where(one => one.Why is null).Select(one => FoundOrphan.Of(
                    one.Job, new Verdict(OrphanReason.EarlierBoot, "the node was booted since", [node]), runDirectory))
            ],
            [.. judged.Where(one => one.Why is not null).Select(one => new LeftJob(one.Job.JobId, one.Why!, IsStrange(one.Job)))]);
    }

    /// <summary>Why a job's part stays; null where it is of an earlier boot, all of it.</summary>
    private string? WhyLeft(JobTraces job, string boot) =>
        IsStrange(job) ? "is no job of " + system
        : job.RunsOn.Count > 0 ? "runs here"
        : job.Containers.Any(found => found.Container.State is ContainerState.Running or ContainerState.Paused or ContainerState.Restarting)
            ? "has a container that runs"
        : job.Directories.Count > 0 ? "has keys of this boot"
        : job.Containers.Any(found => found.Container.Labels.GetValueOrDefault(ContainerLabels.Boot) is not { } own || own == boot)
            ? "has a container of this boot, or of one that is not known"
        : null;

    private bool IsStrange(JobTraces job) =>
        !evidence.IsJobId(job.JobId) || (job.Scheduler is { } granted && granted != system.ToString());
}
