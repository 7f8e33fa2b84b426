using PisaHpc.Engines;
using PisaHpc.HostLists;
using PisaHpc.Nodes;
using PisaHpc.Tracing;

namespace PisaHpc.Environments;

/// <summary>
/// Does the steps that bring static environments on many nodes to what is declared, one environment after the other. Of each, nodes that
/// are without it come first, since nobody loses anything there; of those that have it so many give theirs up at a time that no more than
/// the limit are without one, with those that cannot be helped among them.
/// </summary>
/// <param name="cluster">The nodes, and how many are worked on at a time.</param>
public sealed class RollingSync(Cluster cluster)
{
    private int _failures;

    /// <summary>How many nodes of a static environment may be without it at a time.</summary>
    public UnavailableLimit MaxUnavailable { get; init; } = new(1, IsShare: false);

    /// <summary>With so many failures nothing more is begun.</summary>
    public int MaxFailure { get; init; } = 1;

    /// <summary>
    /// Given what came of each step, from any thread; in the step's turn where the cluster is in order: what is said then comes in the
    /// order of the steps, also of those that are done before others.
    /// </summary>
    public required Action<SyncOutcome> Done { get; init; }

    /// <summary>Does the steps of one static environment.</summary>
    /// <param name="steps">The steps, one for a node, in the order in which they are told.</param>
    /// <param name="nodes">How many nodes have it, or are to.</param>
    /// <param name="without">The nodes that are without it now, or may be, whether they have a step or not.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.StaticSyncStopped"/>, with the nodes that were not touched.</exception>
    public async Task RunAsync(
        IReadOnlyList<RollingStep> steps, int nodes, IEnumerable<string> without, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(steps);
        ArgumentNullException.ThrowIfNull(without);
        var limit = MaxUnavailable.Of(nodes);
        var down = without.ToHashSet(StringComparer.Ordinal);
        var turns = cluster.InOrder ? new NodeTurns() : null;
        (int Place, RollingStep Step)[] placed = [.. steps.Index()];
        var left = placed.ToList();
        try
        {
            await RollAsync(placed.Where(step => step.Step.IsDown), () => cluster.Throttle);
            await RollAsync(placed.Where(step => !step.Step.IsDown), () => Math.Min(cluster.Throttle, limit - down.Count));
        }
        finally
        {
            // Who never begins says nothing, and what others have said waits for that, also where the work is interrupted.
            await Task.WhenAll(left.Select(step => turns?.RunAsync(step.Place, () => Task.CompletedTask) ?? Task.CompletedTask));
        }

        if (left.Count > 0)
        {
            throw Stopped([.. left.Select(step => step.Step)], down, limit);
        }

        async Task RollAsync(IEnumerable<(int Place, RollingStep Step)> todo, Func<int> width)
        {
            var waiting = new Queue<(int Place, RollingStep Step)>(todo);
            var running = new List<Task<SyncOutcome>>();
            try
            {
                while (true)
                {
                    while (waiting.Count > 0 && _failures < MaxFailure && running.Count < width())
                    {
                        var next = waiting.Dequeue();
                        left.Remove(next);
                        running.Add(TellAsync(next, turns, cancellationToken));
                    }

                    if (running.Count == 0)
                    {
                        return;
                    }

                    var ended = await Task.WhenAny(running);
                    running.Remove(ended);
                    Count(await ended, down);
                    cancellationToken.ThrowIfCancellationRequested();
                }
            }
            finally
            {
                await Task.WhenAll((IEnumerable<Task>)running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Does a step and tells what came of it, in its turn.</summary>
    private async Task<SyncOutcome> TellAsync((int Place, RollingStep Step) placed, NodeTurns? turns, CancellationToken cancellationToken)
    {
        var outcome = new SyncOutcome(placed.Step.Change);
        await (turns?.RunAsync(placed.Place, DoAsync) ?? DoAsync());
        return outcome;

        async Task DoAsync()
        {
            outcome = Named(await RunAsync(placed.Step, cancellationToken));
            Done(outcome);
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
        try
        {
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
        }
        catch (OperationCanceledException) when (outcome.Failure is HpcException)
        {
            // Interrupted, and the old container could not be put back: that is told.
        }

        return outcome;
    }

    /// <summary>The change says by its id what failed.</summary>
    private static SyncOutcome Named(SyncOutcome outcome) => outcome.Failure is not { } failure ? outcome : outcome with
    {
        Change = outcome.Change with { Failure = (failure is HpcException known ? known.Id : ErrorId.InternalError).ToString() },
    };

    /// <summary>Work that users are at is no failure of the step: it waits for another time.</summary>
    /// <param name="down">The nodes that are without the static environment now, and should not be.</param>
    private void Count(SyncOutcome outcome, HashSet<string> down)
    {
        if (outcome.Failure is not null && outcome.Change.Failure != nameof(ErrorId.StaticBusy))
        {
            _failures++;
        }

        if (outcome.Failure is not null && !outcome.Change.Ready)
        {
            down.Add(outcome.Change.Node);
        }
        else
        {
            down.Remove(outcome.Change.Node);
        }
    }

    private HpcException Stopped(List<RollingStep> left, HashSet<string> down, int limit)
    {
        var name = left[0].Change.Static;
        var what = $"Static environment {name} was left as it is on {Fold(left.Select(step => step.Change.Node))}";
        return _failures >= MaxFailure
            ? new HpcException(
                ErrorId.StaticSyncStopped,
                $"{what}: {_failures} failed, and {MaxFailure} may.",
                name,
                "Mend what failed, and run the same again.")
            : new HpcException(
                ErrorId.StaticSyncStopped,
                $"{what}: {Fold(down)} {(down.Count == 1 ? "is" : "are")} without it, and {limit} may be.",
                name,
                $"Bring {Fold(down)} back, leave that out with -Node, or allow more with -MaxUnavailable; then run the same again.");
    }

    private static string Fold(IEnumerable<string> nodes) => HostList.Fold(nodes.Order(StringComparer.Ordinal));
}

/// <summary>What is done on one node.</summary>
/// <param name="Change">It as it is put out before.</param>
/// <param name="IsDown">Whether users do not get in now, so that nobody loses anything by it.</param>
/// <param name="WorkAsync">Does it.</param>
public sealed record RollingStep(HpcEnvironmentChange Change, bool IsDown, Func<CancellationToken, Task<SyncOutcome>> WorkAsync);
