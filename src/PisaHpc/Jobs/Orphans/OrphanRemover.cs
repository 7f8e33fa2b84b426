using System.Collections.Concurrent;
using PisaHpc.Access.Ssh;
using PisaHpc.Batch;
using PisaHpc.Containers;
using PisaHpc.Containers.Placed;
using PisaHpc.Engines;
using PisaHpc.Jobs.Records;
using PisaHpc.Ports;
using PisaHpc.Tracing;

namespace PisaHpc.Jobs.Orphans;

/// <summary>
/// Takes orphans away: of each what was found when it was judged, and nothing that came since. It can run any number of times, and beside a
/// start of the same job.
/// </summary>
/// <param name="ports">The port area; null when the site has none, or it is not there.</param>
/// <param name="grace">How long a container may take after TERM.</param>
internal sealed class OrphanRemover(Cluster cluster, PortArea? ports, IJobEvidence evidence, TimeSpan grace)
{
    /// <summary>How long a lease holds that is taken for its lock alone, where this process is killed.</summary>
    private static readonly TimeSpan ClaimFor = TimeSpan.FromHours(1);

    /// <summary>Writes down how jobs ended of which all is taken away; null where no records are kept.</summary>
    public JobRecorder? Recorder { get; init; }

    /// <summary>Takes one away. A node that cannot be cleaned is one of the cluster's failures; a later time finishes it.</summary>
    /// <returns>What became of it; null when the job is being started or stopped by now, or was: then nothing was changed.</returns>
    /// <exception cref="HpcException"><see cref="ErrorId.PortAreaUnusable"/>, <see cref="ErrorId.PortAreaMissing"/>.</exception>
    public Task<HpcOrphan?> RemoveAsync(FoundOrphan found, CancellationToken cancellationToken) =>
        Phase.StopJob.RunAsync(() => RemoveHeldAsync(found, cancellationToken), job: found.Orphan.JobId);

    /// <summary>What it would become where all of its nodes can be cleaned.</summary>
    public static HpcOrphan Predict(FoundOrphan found)
    {
        ArgumentNullException.ThrowIfNull(found);
        return found.Orphan with { State = nameof(OrphanState.Removed), Changed = true };
    }

    private async Task<HpcOrphan?> RemoveHeldAsync(FoundOrphan found, CancellationToken cancellationToken)
    {
        PortHold? hold;
        try
        {
            hold = await Phase.HoldLease.RunAsync(() => Task.Run(() => Hold(found, cancellationToken), cancellationToken));
        }
        catch (HpcException failure) when (failure.Id == ErrorId.JobBeingStarted)
        {
            return null;
        }

        using (hold)
        {
            // A lease that was taken for its lock was none before.
            var isJudged = ports is null || found.IsJudged(hold is { IsNew: true } ? null : hold?.Lease);
            var failed = new ConcurrentDictionary<string, bool>(StringComparer.Ordinal);
            var record = RecordOf(found);
            var watched = cluster with
            {
                Failed = failure =>
                {
                    failed[failure.Node] = true;
                    record?.Failed(failure);
                    cluster.Failed(failure);
                },
            };
            var isLeft = !isJudged || await HasChangedAsync(watched, found, cancellationToken);
            var isChanged = !isLeft && await CleanAsync(watched, found, [.. found.Nodes.Except(failed.Keys)], record, cancellationToken);
            await ((isLeft ? null : record?.WriteAsync(hold)) ?? Task.CompletedTask);
            isChanged |= Release(hold, isLeft, isWhole: failed.IsEmpty && (found.Verdict.Only is null || hold is { IsNew: true }));
            return isLeft ? null : found.Orphan with
            {
                State = (failed.IsEmpty ? OrphanState.Removed : OrphanState.Leftover).ToString(),
                Changed = isChanged,
            };
        }
    }

    /// <summary>What is written down of its end; null for nothing, as of a job of which a part alone goes: its run may live.</summary>
    private StopRecord? RecordOf(FoundOrphan found) => Recorder is null || found.Verdict.Only is not null ? null
        : new StopRecord(Recorder, found.Job.JobId, cluster.Nodes) { End = found.Verdict.End, OrphanedBy = found.Verdict.Why };

    /// <summary>
    /// The lease's lock; of a job without one that of a lease which is taken for it, since its start would take one. Of an earlier boot
    /// nothing is started again, and its area may be no more than an empty mount point yet.
    /// </summary>
    private PortHold? Hold(FoundOrphan found, CancellationToken stop) =>
        found.Job.Lease is not null || found.Boot is not null ? ports?.Hold(found.Job.JobId, TimeSpan.Zero, stop)
        : ports?.Hold(
            new PortRequest
            {
                JobId = found.Job.JobId,
                Owner = found.Orphan.Owner.Length > 0 ? found.Orphan.Owner : Environment.UserName,
                Scheduler = found.Job.Schedulers is [var word, ..] && Enum.TryParse<Scheduler>(word, out var system)
                    ? system
                    : Scheduler.Manual,
                Cluster = found.Job.Clusters is [var granting, ..] ? granting : null,
                Nodes = SlotMap.Format(found.Nodes.Select(node => new AllocatedNode(node, 0))),
                TimeToLive = ClaimFor,
            },
            stop);

    /// <summary>
    /// Gives the lease back: the job's where all of it is clean, and one that was taken for its lock where it names no leftover.
    /// </summary>
    /// <returns>Whether the job had it.</returns>
    private static bool Release(PortHold? hold, bool isLeft, bool isWhole) =>
        hold is not null && (isLeft ? hold.IsNew : isWhole) && hold.Release() is { Changed: true } && !hold.IsNew;

    /// <summary>
    /// Whether the job was started again since it was judged. A finished job can be requeued: the nodes' own processes are asked once
    /// more, and a container that was not there, or did not run, is a start's.
    /// </summary>
    private static bool IsStarted(FoundOrphan found, string node, IEnumerable<EngineContainer> present) =>
        present.Any(now => Judged(found, node).FirstOrDefault(then => IsSame(then, now)) is not { } then
            || (now.IsAlive() && !then.IsAlive())
            || (found.Boot is { } boot && (now.Labels.GetValueOrDefault(ContainerLabels.Boot) ?? boot) == boot));

    /// <summary>Two runs of a job that is placed have one container, and are told apart by when they were written down.</summary>
    private static bool IsSame(EngineContainer then, EngineContainer now) =>
        then.Id == now.Id && (!PlacedJob.IsPlaced(now) || then.CreatedAt == now.CreatedAt);

    private async Task<bool> HasChangedAsync(Cluster watched, FoundOrphan found, CancellationToken cancellationToken)
    {
        var changed = new ConcurrentBag<string>();
        await watched.OnEachAsync(
            found.Nodes,
            async (node, stopping) =>
            {
                var connection = await cluster.Nodes.ConnectAsync(node, stopping);
                if (RunningJob.IsAmong(await evidence.FindRunningAsync(connection, stopping), found.Job.RunsAs)
                    || IsStarted(found, node, await PresentAsync(found, node, stopping)))
                {
                    changed.Add(node);
                }
            },
            cancellationToken,
            phase: Phase.FindJob);
        return !changed.IsEmpty;
    }

    private async Task<IReadOnlyList<EngineContainer>> PresentAsync(FoundOrphan found, string node, CancellationToken cancellationToken)
    {
        try
        {
            var engine = await cluster.Engines.ConnectAsync(node, cancellationToken);
            return
            [
                .. await engine.ListAsync(ContainerLabels.Filter(found.Job.JobId), cancellationToken),
                .. (await (await PlacedJobs.OnAsync(cluster, node, cancellationToken)).ListAsync(cancellationToken))
                    .Where(job => job.JobId == found.Job.JobId).Select(job => job.ToContainer()),
            ];
        }
        catch (HpcException)
        {
            // Cleaning meets the same, and tells it when the keys are gone.
            return [];
        }
    }

    private async Task<bool> CleanAsync(
        Cluster watched,
        FoundOrphan found,
        IReadOnlyCollection<string> nodes,
        StopRecord? record,
        CancellationToken cancellationToken)
    {
        var changed = new ConcurrentBag<string>();
        await watched.OnEachAsync(
            nodes,
            async (node, stopping) =>
            {
                var cleaning = () => CleanAsync(found, node, record?.Evidence, stopping);
                if (await (record?.Clock.MeasureAsync(Phase.StopOnNode, cleaning, node) ?? cleaning()))
                {
                    changed.Add(node);
                }
            },
            cancellationToken,
            phase: Phase.StopOnNode);
        return !changed.IsEmpty;
    }

    private async Task<bool> CleanAsync(FoundOrphan found, string node, EndEvidence? end, CancellationToken cancellationToken)
    {
        var changed = false;
        try
        {
            changed = await Phase.RemoveContainers.RunAsync(
                () => RemoveContainersAsync(found, node, end, cancellationToken), node, found.Job.JobId);
        }
        finally
        {
            // An engine that is down keeps its containers, and not the private keys.
            changed |= await Phase.RemoveAccess.RunAsync(
                () => RemoveDirectoryAsync(found, node, cancellationToken), node, found.Job.JobId);
        }

        await RemoveRecordsAsync(found, node, cancellationToken);
        return changed;
    }

    /// <summary>What hooks have written down of a run that is gone: where a part alone goes its run may live.</summary>
    private async Task RemoveRecordsAsync(FoundOrphan found, string node, CancellationToken cancellationToken)
    {
        HookRecord[] judged = [.. found.Records.Where(one => one.Node == node).Select(one => one.Record)];
        if (judged.Length > 0 && found.Verdict.Only is null)
        {
            var connection = await cluster.Nodes.ConnectAsync(node, cancellationToken);
            var runDirectory = found.Directory[..found.Directory.LastIndexOf('/')];
            await HookRecord.RemoveAsync(connection, runDirectory, judged, cancellationToken);
        }
    }

    private async Task<bool> RemoveContainersAsync(
        FoundOrphan found, string node, EndEvidence? end, CancellationToken cancellationToken)
    {
        var engine = await cluster.Engines.ConnectAsync(node, cancellationToken);
        return await JobCleanup.RemoveAsync(engine, [.. Judged(found, node)], grace, end, cancellationToken) > 0;
    }

    private async Task<bool> RemoveDirectoryAsync(FoundOrphan found, string node, CancellationToken cancellationToken)
    {
        var connection = await cluster.Nodes.ConnectAsync(node, cancellationToken);
        var identity = found.Job.Directories.Where(one => one.Node == node).Select(one => one.Directory.Identity).FirstOrDefault();
        var changed = false;
        foreach (var (_, job) in found.Job.Placed.Where(one => one.Node == node))
        {
            changed |= await new PlacedJobs(connection, cluster.RunDirectory)
                .RemoveAsync(job.JobId, owner: null, job.Identity, grace, cancellationToken) is not null;
        }

        return await JobDirectory.RemoveAsync(connection, found.Directory, identity, cancellationToken) || changed;
    }

    private static IEnumerable<EngineContainer> Judged(FoundOrphan found, string node) =>
        found.Job.Containers.Where(one => one.Node == node).Select(one => one.Container);
}
