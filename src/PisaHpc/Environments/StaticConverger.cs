using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Tracing;

namespace PisaHpc.Environments;

/// <summary>
/// Brings one static environment on one node to what is declared, while nobody else does. What is there is looked at again under the lock,
/// so that a step that somebody else has done meanwhile, or left half done, is no reason to fail.
/// </summary>
/// <param name="survey">Looks again.</param>
/// <param name="asker">Who asks, as <c>user@host</c>.</param>
public sealed class StaticConverger(Cluster cluster, EnvironmentSurvey survey, string asker)
{
    /// <summary>Told of a limit that a node cannot see.</summary>
    public Action<string> Warn { get; init; } = _ => { };

    /// <summary>Told what of work that is interrupted is taken back.</summary>
    public TakenBack TakenBack { get; init; } = TakenBack.Untold;

    /// <summary>How long a container may take after the signal to end.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long users' processes in a container that is to go are waited for.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.Zero;

    /// <summary>Keeps the batch system's jobs off a node whose container is to go; null for nobody to be told.</summary>
    public BatchDrain? Batch { get; init; }

    /// <summary>How long an engine may take for a short request, a stop beside its grace; waits for users and pulls have none.</summary>
    public TimeSpan EngineLimit { get; init; } = Cluster.ShortWork;

    private TimedEngines Engines => new(cluster.Engines, EngineLimit);

    private StaticStarter Starter => new(cluster) { Warn = Warn, Grace = Grace, TakenBack = TakenBack };

    /// <summary>What a step is of a rolling change.</summary>
    public RollingStep ToRoll(EnvironmentStep step)
    {
        ArgumentNullException.ThrowIfNull(step);
        return new RollingStep(step.Change, step.IsDown, stopping => CarryOutAsync(step, stopping));
    }

    /// <summary>The same for a container that nothing declares on its node: it goes once nobody works in it.</summary>
    public RollingStep ToRoll(string node, EngineContainer undeclared)
    {
        ArgumentNullException.ThrowIfNull(undeclared);
        var change = ToRemove(node, undeclared);
        return new RollingStep(change, !change.Ready, stopping => RemoveAsync(node, undeclared, stopping));
    }

    /// <summary>The removal of a container that nothing declares, as it is put out before it is done.</summary>
    public static HpcEnvironmentChange ToRemove(string node, EngineContainer container)
    {
        ArgumentNullException.ThrowIfNull(container);
        return new HpcEnvironmentChange
        {
            Node = node,
            Static = ContainerLabels.WorkloadOf(container)!.Static!,
            Container = container.Name,
            Step = nameof(StaticStep.Remove),
            Reason = "not declared",
            Ready = container.State == ContainerState.Running,
        };
    }

    /// <summary>Does what a step says, as far as it is still to be done.</summary>
    /// <returns>What was done; the failure where the old container had to be put back, or was cancelled to be.</returns>
    /// <exception cref="HpcException">
    /// Nothing was taken from the node: <see cref="ErrorId.StaticBeingSynced"/>, <see cref="ErrorId.StaticBusy"/>,
    /// <see cref="ErrorId.StaticDiffers"/>, the ids of a pull; or the step was to make or start one, with the ids of
    /// <see cref="StaticStarter"/>.
    /// </exception>
    private async Task<SyncOutcome> CarryOutAsync(EnvironmentStep step, CancellationToken cancellationToken)
    {
        var plan = step.Plan;
        var connection = await cluster.Nodes.ConnectAsync(plan.Node, cancellationToken);
        var engine = await Engines.ConnectAsync(plan.Node, cancellationToken);
        await using var held = await SyncLock.TakeAsync(connection, plan.Directory, plan.Static!, asker, cancellationToken);
        var outcome = await held.UnderAsync(
            async working => await CarryOutAsync(engine, await LookAgainAsync(engine, step, working), working), cancellationToken);
        return outcome.Failure is OperationCanceledException cancelled && !cancellationToken.IsCancellationRequested
            ? outcome with { Failure = held.Lost(cancelled) }
            : outcome;
    }

    private async Task<SyncOutcome> CarryOutAsync(IContainerEngine engine, EnvironmentStep now, CancellationToken cancellationToken)
    {
        var plan = now.Plan;
        var change = new StaticChange(plan, now.Step, now.Existing);
        switch (now.Step)
        {
            case StaticStep.None:
                return new SyncOutcome(now.Change);
            case StaticStep.Remove:
                await new ContainerReplacement(cluster.Nodes, engine, plan, Grace).RemoveAsideAsync();
                break;
            case StaticStep.Open:
                await TimedEngineRequest.WithinAsync(
                    plan.Node, EngineLimit, limit => SessionDrain.ReopenAsync(engine, now.Existing!, limit), cancellationToken);
                break;
            case StaticStep.Replace:
                return await ReplaceAsync(engine, now, cancellationToken);
            case StaticStep.Start or StaticStep.Unpause:
                await Starter.RefuseTakenPortAsync(change, cancellationToken);
                await Starter.RunAgainAsync(engine, change, _ => Task.CompletedTask, cancellationToken);
                break;
            default:
                await Starter.RefuseTakenPortAsync(change, cancellationToken);
                await Starter.CreateAsync(engine, plan, _ => Task.CompletedTask, cancellationToken);
                break;
        }

        return new SyncOutcome(now.Change with { Changed = true, Ready = true });
    }

    private async Task<SyncOutcome> RemoveAsync(string node, EngineContainer container, CancellationToken cancellationToken)
    {
        var found = ContainerLabels.ToHpcContainer(node, container);
        var connection = await cluster.Nodes.ConnectAsync(node, cancellationToken);
        var engine = await Engines.ConnectAsync(node, cancellationToken);
        await using var held = await SyncLock.TakeAsync(connection, found.Directory, found.Static!, asker, cancellationToken);
        return await held.UnderAsync(
            async working =>
            {
                // Somebody may have started it since it was looked at, or removed it.
                if (await engine.FindAsync(container.Id, working) is not { } now)
                {
                    return new SyncOutcome(ToRemove(node, container) with { Ready = false });
                }

                await using var drain = await DrainAsync(engine, found.Static!, now, working);
                return await drain.UnderAsync(node, drained => RemoveAsync(engine, now, drain, drained), working);
            },
            cancellationToken);
    }

    private async Task<SyncOutcome> RemoveAsync(
        IContainerEngine engine, EngineContainer container, NodeDrain drain, CancellationToken cancellationToken)
    {
        await using (drain.Sessions)
        {
            await Phase.StopContainer.RunAsync(() => engine.StopAsync(container.Id, Grace, cancellationToken), engine.Node);
        }

        var existed = await engine.RemoveAsync(container.Id, cancellationToken);
        return new SyncOutcome(ToRemove(engine.Node, container) with { Changed = existed, Ready = false });
    }

    /// <summary>What was down and runs now would be taken from users out of its turn.</summary>
    private async Task<EnvironmentStep> LookAgainAsync(IContainerEngine engine, EnvironmentStep step, CancellationToken cancellationToken)
    {
        var containers = await engine.ListAsync(new Dictionary<string, string?>(), cancellationToken);
        var compared = await survey.FindAsync(engine, step.Plan, containers, cancellationToken);
        if (compared.Differences() is [{ Kind: nameof(DifferenceKind.NotReady) }])
        {
            // A busy node may be slow to answer: before that alone ends a container, it has as long as a new one would have.
            var limit = TimeSpan.FromSeconds(step.Plan.ReadyTimeoutSec);
            compared = await Phase.WaitUntilReady.RunAsync(
                () => survey.FindAsync(engine, step.Plan, containers, cancellationToken, limit), engine.Node);
        }

        var now = EnvironmentStep.Of(compared, containers, engine.Administration.Terms);
        return step.IsDown && !now.IsDown && now.Step == StaticStep.Replace
            ? throw new HpcException(
                ErrorId.StaticBeingSynced,
                $"Container {step.Plan.Name} on {step.Plan.Node} was changed by somebody else since it was looked at.",
                step.Plan.Node,
                $"Run it again: Sync-HpcEnvironment {step.Plan.Static} -Node {step.Plan.Node}.")
            : now;
    }

    private async Task<SyncOutcome> ReplaceAsync(IContainerEngine engine, EnvironmentStep step, CancellationToken cancellationToken)
    {
        var existing = step.Existing;
        var plan = await StaticStarter.ForStartAsync(engine, step.Plan, cancellationToken);
        if (step.Replaced is not { State: ContainerState.Running })
        {
            await Starter.RefuseTakenPortAsync(new StaticChange(plan, step.Step, existing), cancellationToken);
        }

        await using var drain = await DrainAsync(engine, plan.Static!, existing, cancellationToken);
        var old = new OldContainers(existing, step.Replaced, step.IsDown);
        var undone = await drain.UnderAsync(
            plan.Node,
            drained => Starter.ReplaceAsync(engine, plan, old, drain.Sessions, _ => Task.CompletedTask, drained),
            cancellationToken);
        if (undone?.Failure is OperationCanceledException cancelled && !cancellationToken.IsCancellationRequested)
        {
            undone = undone with { Failure = NodeDrain.Lost(plan.Node, cancelled) };
        }

        return undone is null
            ? new SyncOutcome(step.Change with { Changed = true, Ready = true })
            : new SyncOutcome(step.Change with { Ready = undone.IsReady, RolledBack = undone.IsBack }, undone.Failure);
    }

    /// <summary>
    /// One that does not answer who works in it may have users in it: it is left. One that is paused answers when its processes go on.
    /// </summary>
    private async Task<NodeDrain> DrainAsync(
        IContainerEngine engine, string name, EngineContainer? container, CancellationToken cancellationToken)
    {
        if (container is { State: ContainerState.Paused })
        {
            await engine.UnpauseAsync(container.Id, cancellationToken);
        }

        return container?.State is ContainerState.Running or ContainerState.Paused
            ? await Phase.DrainContainer.RunAsync(
                () => NodeDrain.BeginAsync(
                    engine,
                    name,
                    container,
                    Batch,
                    (left, waiting) => JobDrain.WaitAsync(cluster, engine.Node, container.Id, container.Name, left, waiting),
                    DrainTimeout,
                    cancellationToken),
                engine.Node)
            : NodeDrain.None;
    }
}

/// <summary>How a step came out.</summary>
/// <param name="Change">What was done.</param>
/// <param name="Failure">Why it was not; null where it was.</param>
public sealed record SyncOutcome(HpcEnvironmentChange Change, Exception? Failure = null);
