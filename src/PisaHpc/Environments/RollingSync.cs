using PisaHpc.Engines;
using PisaHpc.HostLists;
using PisaHpc.Tracing;

namespace PisaHpc.Environments;

/// <summary>
/// Does the steps that bring static environments on many nodes to what is declared, one environment after the other. Of each, nodes that
/// are without it come first, since nobody loses anything there; of those that have it so many give theirs up at a time that no more than
/// the limit are without one.
/// </summary>
/// <param name="cluster">The nodes, and how many are worked on at a time.</param>
public sealed class RollingSync(Cluster cluster)
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
    /// <param name="nodes">How many nodes have it, or are to.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.StaticSyncStopped"/>, with the nodes that were not touched.</exception>
    public async Task RunAsync(IReadOnlyList<RollingStep> steps, int nodes, CancellationToken cancellationToken)
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

        async Task<List<RollingStep>> RollAsync(IEnumerable<RollingStep> todo, Func<int> width)
        {
            var waiting = new Queue<RollingStep>(todo);
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

    /// <summary>
    /// A failure before anything was taken from the node leaves it as it was. Where the time was up in the midst, what was done to put the
    /// old container back is known all the same.
    /// </summary>
    private async Task<SyncOutcome> RunAsync(RollingStep step, CancellationToken cancellationToken)
    {
        var outcome = new SyncOutcome(step.Change);
        var work = cluster with { Failed = failure => outcome = outcome with { Failure = failure.Cause } };
        await work.OnEachAsync(
            [step.Change.Node],
            async (_, stopping) =>
            {
                outcome = await step.WorkAsync(stopping);
                if (outcome.Failure is OperationCanceledException)
                {
                    stopping.ThrowIfCancellationRequested();
                }
            },
            cancellationToken,
            phase: Phase.SyncNode);
        return outcome;
    }

    /// <summary>Tells an outcome. Work that users are at is no failure of the step: it waits for another time.</summary>
    /// <returns>1 where the node is without the static environment now, and should not be.</returns>
    private int Count(SyncOutcome outcome)
    {
        if (outcome.Failure is { } failure)
        {
            var id = failure is HpcException known ? known.Id : ErrorId.InternalError;
            outcome = outcome with { Change = outcome.Change with { Failure = id.ToString() } };
            if (id != ErrorId.StaticBusy)
            {
                _failures++;
            }
        }

        Done(outcome);
        return outcome.Failure is not null && !outcome.Change.Ready ? 1 : 0;
    }

    private HpcException Stopped(List<RollingStep> left, int limit)
    {
        var name = left[0].Change.Static;
        var folded = HostList.Fold(left.Select(step => step.Change.Node).Order(StringComparer.Ordinal));
        var why = _failures >= MaxFailure
            ? $"{_failures} failed, and {MaxFailure} may"
            : $"so many nodes are without it as may be, {limit}";
        return new HpcException(
            ErrorId.StaticSyncStopped,
            $"Static environment {name} was left as it is on {folded}: {why}.",
            name,
            "Mend what failed, and run the same again.");
    }
}

/// <summary>What is done on one node.</summary>
/// <param name="Change">It as it is put out before.</param>
/// <param name="IsDown">Whether users do not get in now, so that nobody loses anything by it.</param>
/// <param name="WorkAsync">Does it.</param>
public sealed record RollingStep(HpcEnvironmentChange Change, bool IsDown, Func<CancellationToken, Task<SyncOutcome>> WorkAsync);
