using PisaHpc.Batch;
using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Ports;
using PisaHpc.Tracing;

namespace PisaHpc.Jobs.Orphans;

/// <summary>
/// Finds what jobs left on a node that was booted since: their processes ended with that boot, whoever may be asked. Only the node itself
/// is asked, and only its own part is taken away: where else a job was, and its lease, are for whoever asks the batch system.
/// </summary>
/// <param name="cluster">The node, by whatever connection.</param>
/// <param name="ports">The port area; null when the site has none, or it is not there yet.</param>
internal sealed class EarlierBoot(Cluster cluster, PortArea? ports, Scheduler system, IJobEvidence evidence)
{
    /// <summary>Finds it; nothing is changed. A node or an engine that does not answer is one of the cluster's failures.</summary>
    /// <param name="runDirectory">Where jobs' directories are.</param>
    public async Task<OrphanFindings> FindAsync(string node, string runDirectory, CancellationToken cancellationToken)
    {
        var boot = "";
        var (traces, isWhole) = (new NodeTraces(node), false);
        await cluster.ForSurvey().OnEachAsync(
            [node],
            async (_, stopping) =>
            {
                boot = await NodeProbe.ReadBootAsync(await cluster.Nodes.ConnectAsync(node, stopping), stopping);
                await traces.ReadAsync(cluster, runDirectory, evidence, withRecords: false, stopping);
                isWhole = true;
            },
            cancellationToken,
            phase: Phase.FindJob);
        var (orphans, left) = (new List<FoundOrphan>(), new List<LeftJob>());
        foreach (var job in JobTraces.Of([], isWhole ? [traces] : [], evidence.IsJobId).Where(job => job.Containers.Count > 0))
        {
            if (WhyLeft(job, boot) is { } why)
            {
                left.Add(new LeftJob(job.JobId, why, IsStrange(job)));
            }
            else
            {
                var verdict = new Verdict(OrphanReason.EarlierBoot, "the node was booted since", [node]);
                var leased = job with { Lease = await FindLeaseAsync(job.JobId, cancellationToken) };
                orphans.Add(FoundOrphan.Of(leased, verdict, runDirectory) with { Boot = boot });
            }
        }

        return new OrphanFindings(orphans, left);
    }

    /// <summary>The job's lease, as it is judged by. A file server that does not answer holds a thread, and not the caller.</summary>
    private async Task<JobPort?> FindLeaseAsync(string jobId, CancellationToken cancellationToken) =>
        ports is null ? null : await Task.Run(() => ports.Find(jobId), cancellationToken).WaitAsync(cancellationToken);

    /// <summary>Why a job's part stays; null where it is of an earlier boot, all of it.</summary>
    private string? WhyLeft(JobTraces job, string boot) =>
        IsStrange(job) ? "is no job of " + system
        : job.RunsOn.Count > 0 ? "runs here"
        : job.HasRunningContainer ? "has a container that runs"
        : job.Directories.Count > 0 ? "has keys of this boot"
        : job.Containers.Any(found => found.Container.Labels.GetValueOrDefault(ContainerLabels.Boot) is not { } own || own == boot)
            ? "has a container of this boot, or of one that is not known"
        : null;

    private bool IsStrange(JobTraces job) =>
        !evidence.IsJobId(job.JobId) || job.Schedulers.Any(granted => granted != system.ToString());
}
