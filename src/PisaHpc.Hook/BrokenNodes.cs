using PisaHpc.Batch.Slurm;
using PisaHpc.BatchHooks;
using PisaHpc.Engines;
using PisaHpc.Ports;
using PisaHpc.Sites;

namespace PisaHpc.Hook;

/// <summary>
/// The site's rule for nodes that are broken (<see cref="DrainRule"/>): counts on each node the jobs that it kept from being set up, and
/// has the batch system give one no more jobs that has kept too many. What goes wrong with that is a warning: the start has its own end.
/// </summary>
/// <param name="rule">The rule; null where nothing is counted.</param>
/// <param name="cluster">The nodes.</param>
/// <param name="log">Told of what was drained, and of what was not.</param>
/// <param name="drain">Has the batch system drain a node, for a reason.</param>
internal sealed class BrokenNodes(
    HpcSite site, DrainRule? rule, Cluster cluster, HookLog log, Func<string, string, CancellationToken, Task<DrainOutcome>> drain)
{
    /// <summary>How long all of it may take: a prolog waits for it.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private string System => site.Batch.System.ToString().ToLowerInvariant();

    /// <summary>A job was set up: none of its nodes is broken.</summary>
    public Task ForgetAsync(IEnumerable<string> nodes, CancellationToken cancellationToken) =>
        rule is null ? Task.CompletedTask : WithinLimitAsync(
        stopping => OnEachAsync(
            nodes,
            async (node, token) => await NodeFaults.ForgetAsync(
                await cluster.Nodes.ConnectAsync(node, token), site.RunDirectory, System, token),
            stopping),
        cancellationToken);

    /// <summary>A job was not set up: counts it on the nodes whose own fault that is, and drains those that have kept too many.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="owner">Its owner.</param>
    /// <param name="size">How many nodes it has.</param>
    /// <param name="failure">Why it was not set up.</param>
    /// <param name="cancellationToken">Ends the counting when the start's own time is over; the start ends as it does without.</param>
    public Task CountAsync(string jobId, uint owner, int size, HpcException failure, CancellationToken cancellationToken) =>
        rule is null ? Task.CompletedTask : WithinLimitAsync(
        async stopping =>
        {
            var faults = failure.FailedNodes.Where(node => NodeFaults.Counts(node)).DistinctBy(node => node.Node).ToList();
            if (size > 1 && faults.Count == size && faults.DistinctBy(fault => fault.Id).Count() == 1)
            {
                log.Warn($"batch.drain: every node of job {jobId} failed alike: it is not counted, since no node alone is broken.");
                return;
            }

            var broken = new List<(NodeFailure Fault, int Jobs)>();
            await OnEachAsync(
                faults.Select(fault => fault.Node),
                async (node, token) =>
                {
                    var connection = await cluster.Nodes.ConnectAsync(node, token);
                    var row = await NodeFaults.AddAsync(connection, site.RunDirectory, System, jobId, owner, token);
                    if (row.Jobs >= rule.After && rule.After > 1 && row.Owners < 2)
                    {
                        log.Warn($"{node} is not drained: the {Plural.Of(row.Jobs, "job")} in a row not set up there are one user's.");
                    }
                    else if (row.Jobs >= rule.After)
                    {
                        lock (broken)
                        {
                            broken.Add((faults.First(fault => fault.Node == node), row.Jobs));
                        }
                    }
                },
                stopping);
            await DrainAsync(jobId, broken, rule.PerHour, stopping);
        },
        cancellationToken);

    /// <summary>One hook at a time drains, so that two of them do not both take the last place of the hour.</summary>
    private async Task DrainAsync(
        string jobId, List<(NodeFailure Fault, int Jobs)> broken, int perHour, CancellationToken cancellationToken)
    {
        if (broken.Count == 0)
        {
            return;
        }

        using var turn = AreaLock.TryTakeDrain(site.RequirePortArea().Path);
        foreach (var (fault, jobs) in broken.OrderBy(one => one.Fault.Node, StringComparer.Ordinal))
        {
            if (turn is null)
            {
                log.Warn($"{fault.Node} is not drained: another hook drains a node now. The next job that fails there asks again.");
                continue;
            }

            var why = $"{HookReason.CodeOf(fault.Id)}: {Plural.Of(jobs, "job")} in a row not set up here, {jobId} the last";
            switch (await drain(fault.Node, why, cancellationToken))
            {
                case DrainOutcome.TooMany:
                    log.Warn($"{fault.Node} is not drained: {Plural.Of(perHour, "node")} of the cluster in an hour is what "
                        + "batch.drain allows. The next job that fails there asks again.");
                    break;
                case DrainOutcome.Held:
                    log.Warn($"{fault.Node} is not drained: its static environment is being changed, and it gets no jobs until then. "
                        + "The next job that fails there asks again.");
                    break;
                case var outcome:
                    // An admin who resumes it has mended it: the next job that fails is the first again.
                    await NodeFaults.ForgetAsync(
                        await cluster.Nodes.ConnectAsync(fault.Node, cancellationToken), site.RunDirectory, System, cancellationToken);
                    log.Done($"{fault.Node} is drained{(outcome == DrainOutcome.WasBefore ? ", as before" : "")}: {why}");
                    break;
            }
        }
    }

    private Task OnEachAsync(
        IEnumerable<string> nodes, Func<string, CancellationToken, Task> action, CancellationToken cancellationToken) =>
        (cluster with { Failed = failure => log.Warn($"batch.drain: {failure}") }).OnEachAsync(nodes, action, cancellationToken);

    /// <summary>Whatever goes wrong is a warning: how the start ends is decided before.</summary>
    private async Task WithinLimitAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stop.CancelAfter(Limit);
        try
        {
            await work(stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            log.Warn(cancellationToken.IsCancellationRequested
                ? "batch.drain: not done in the time that the start had left"
                : $"batch.drain: not done within {Limit.TotalSeconds:0} s");
        }
        catch (HpcException failure)
        {
            log.Warn($"batch.drain: {failure.Message}");
        }
#pragma warning disable CA1031 // A bug here may not end the prolog otherwise than the start does.
        catch (Exception bug)
#pragma warning restore CA1031
        {
            log.Warn($"batch.drain: {ErrorId.InternalError}: {bug}");
        }
    }
}
