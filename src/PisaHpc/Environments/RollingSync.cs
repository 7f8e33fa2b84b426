using PisaHpc.Engines;
using PisaHpc.HostLists;
using PisaHpc.Tracing;

namespace PisaHpc.Environments;

/// <summary>
/// Brings static environments on many nodes to what is declared, one after the other. Of each, nodes that are without it come first, since
/// nobody loses anything there; of those that have it so many give theirs up at a time that no more than the limit are without one.
/// </summary>
/// <param name="cluster">The nodes, and how many are worked on at a time.</param>
/// <param name="converger">Does a step.</param>
public sealed class RollingSync(Cluster cluster, StaticConverger converger)
{
    private int _failures;

    /// <summary>How many nodes of a static environment may be without it at a time.</summary>
    public UnavailableLimit MaxUnavailable { get; init; } = new(1, IsShare: false);

    /// <summary>With so many failures nothing more is begun.</summary>
    public int MaxFailure { get; init; } = 1;

    /// <summary>Given what came of each step; from any thread.</summary>
    public required Action<SyncOutcome> Done { get; init; }

    /// <summary>Does the steps of one static environment.</summary>
    /// <param name="steps">The steps, one for a node.</param>
    /// <param name="nodes">How many nodes it is declared on.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.StaticSyncStopped"/>, with the nodes that were not touched.</exception>
    public async Task RunAsync(IReadOnlyList<EnvironmentStep> steps, int nodes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(steps);
        var limit = MaxUnavailable.Of(nodes);
        var without = 0;
        var left = await RollAsync(steps.Where(step => step.IsDown), () => cluster.Throttle);
        left.AddRange(await RollAsync(steps.Where(step => !step.IsDown), () => Math.Min(cluster.Throttle, limit - without)));
        if (left.Count > 0)
        {
            throw Stopped(left, limit);
        }

        async Task<List<EnvironmentStep>> RollAsync(IEnumerable<EnvironmentStep> todo, Func<int> width)
        {
            var waiting = new Queue<EnvironmentStep>(todo);
            var running = new List<Task<SyncOutcome>>();
            try
            {
                while (true)
                {
                    while (waiting.Count > 0 && _failures < MaxFailure && running.Count < width())
                    {
                        running.Add(RunAsync(waiting.Dequeue(), cancellationToken));
                    }

                    if (running.Count == 0)
                    {
                        return [.. waiting];
                    }

                    var ended = await Task.WhenAny(running);
                    running.Remove(ended);
                    without += Count(await ended);
                }
            }
            finally
            {
                await Task.WhenAll((IEnumerable<Task>)running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Removes containers that nothing declares on their nodes.</summary>
    public Task PruneAsync(ILookup<string, EngineContainer> containers, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(containers);
        return (cluster with { Failed = Missed }).OnEachAsync(
            containers.Select(node => node.Key),
            async (node, stopping) =>
            {
                foreach (var container in containers[node])
                {
                    var change = StaticConverger.ToRemove(node, container);
                    Count(await TryAsync(change, () => converger.RemoveAsync(node, container, stopping), stopping));
                }
            },
            cancellationToken,
            phase: Phase.SyncNode);

        void Missed(NodeFailure failure) => Count(
            new SyncOutcome(StaticConverger.ToRemove(failure.Node, containers[failure.Node].First()), failure.Cause));
    }

    private async Task<SyncOutcome> RunAsync(EnvironmentStep step, CancellationToken cancellationToken)
    {
        SyncOutcome? outcome = null;
        var work = cluster with
        {
            Failed = failure => outcome = new SyncOutcome(step.Change with { Ready = false }, failure.Cause),
        };
        await work.OnEachAsync(
            [step.Plan.Node],
            async (_, stopping) => outcome = await TryAsync(step.Change, () => converger.CarryOutAsync(step, stopping), stopping),
            cancellationToken,
            phase: Phase.SyncNode);
        return outcome!;
    }

    /// <summary>A failure before anything was taken from the node; of what was interrupted in the midst nobody knows.</summary>
    private static async Task<SyncOutcome> TryAsync(
        HpcEnvironmentChange change, Func<Task<SyncOutcome>> work, CancellationToken stopping)
    {
        try
        {
            return await work();
        }
        catch (HpcException failure)
        {
            return new SyncOutcome(change with { Ready = change.Ready && !stopping.IsCancellationRequested }, failure);
        }
    }

    /// <summary>Tells an outcome. Work that users are at is no failure of the step: it waits for another time.</summary>
    /// <returns>1 where the node is without the static environment now.</returns>
    private int Count(SyncOutcome outcome)
    {
        if (outcome.Failure is { } failure)
        {
            var id = failure is HpcException known ? known.Id : ErrorId.InternalError;
            outcome = outcome with { Change = outcome.Change with { Failure = id.ToString() } };
            if (id != ErrorId.StaticBusy)
            {
                Interlocked.Increment(ref _failures);
            }
        }

        Done(outcome);
        return outcome.Failure is not null && !outcome.Change.Ready ? 1 : 0;
    }

    private HpcException Stopped(List<EnvironmentStep> left, int limit)
    {
        var name = left[0].Plan.Static;
        var folded = HostList.Fold(left.Select(step => step.Plan.Node).Order(StringComparer.Ordinal));
        var why = _failures >= MaxFailure
            ? $"{_failures} failed, and {MaxFailure} may"
            : $"so many nodes are without it as may be, {limit}";
        return new HpcException(
            ErrorId.StaticSyncStopped,
            $"Static environment {name} was left as it is on {folded}: {why}.",
            name,
            $"Mend what failed, and run it again: Sync-HpcEnvironment {name}.");
    }
}
