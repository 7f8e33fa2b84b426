using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Nodes;
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

    /// <summary>How long a container may take after the signal to end.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long users' processes in a container that is to go are waited for.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.Zero;

    private StaticStarter Starter => new(cluster) { Warn = Warn, Grace = Grace };

    /// <summary>Does what a step says, as far as it is still to be done.</summary>
    /// <returns>What was done; the failure where the old container had to be put back.</returns>
    /// <exception cref="HpcException">
    /// Nothing was taken from the node: <see cref="ErrorId.StaticBeingSynced"/>, <see cref="ErrorId.StaticBusy"/>,
    /// <see cref="ErrorId.StaticDiffers"/>, the ids of a pull; or the step was to make or start one, with the ids of
    /// <see cref="StaticStarter"/>.
    /// </exception>
    public async Task<SyncOutcome> CarryOutAsync(EnvironmentStep step, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(step);
        var plan = step.Plan;
        var connection = await cluster.Nodes.ConnectAsync(plan.Node, cancellationToken);
        var engine = await cluster.Engines.ConnectAsync(plan.Node, cancellationToken);
        await using var held = await SyncLock.TakeAsync(connection, plan.Directory, plan.Static!, asker, cancellationToken);
        var now = await LookAgainAsync(engine, step, cancellationToken);
        switch (now.Step)
        {
            case StaticStep.None:
                return new SyncOutcome(now.Change);
            case StaticStep.Remove:
                await RemoveReplacedAsync(engine, now.Replaced!);
                return new SyncOutcome(now.Change with { Changed = true });
            case StaticStep.Replace:
                return await ReplaceAsync(engine, now, cancellationToken);
            default:
                await Starter.CarryOutAsync(
                    new StaticChange(plan, now.Step, now.Existing), _ => Task.CompletedTask, cancellationToken);
                return new SyncOutcome(now.Change with { Changed = true, Ready = true });
        }
    }

    /// <summary>Removes a container that nothing declares on its node, once nobody works in it.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.StaticBeingSynced"/>, <see cref="ErrorId.StaticBusy"/>.</exception>
    public async Task<SyncOutcome> RemoveAsync(string node, EngineContainer container, CancellationToken cancellationToken)
    {
        var found = ContainerLabels.ToHpcContainer(node, container);
        var connection = await cluster.Nodes.ConnectAsync(node, cancellationToken);
        var engine = await cluster.Engines.ConnectAsync(node, cancellationToken);
        await using var held = await SyncLock.TakeAsync(connection, found.Directory, found.Static!, asker, cancellationToken);
        await DrainAsync(engine, container, cancellationToken);
        var removed = await Phase.StopContainer.RunAsync(() => ContainerStopper.StopAsync(engine, found, Grace, cancellationToken), node);
        return new SyncOutcome(ToRemove(node, container) with { Changed = removed.Changed });
    }

    /// <summary>What <see cref="RemoveAsync"/> would do.</summary>
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
        };
    }

    /// <summary>What was down and runs now would be taken from users out of its turn.</summary>
    private async Task<EnvironmentStep> LookAgainAsync(IContainerEngine engine, EnvironmentStep step, CancellationToken cancellationToken)
    {
        var containers = await engine.ListAsync(new Dictionary<string, string?>(), cancellationToken);
        var now = EnvironmentStep.Of(await survey.FindAsync(step.Plan, containers, cancellationToken), containers);
        return step.IsDown && !now.IsDown && now.Step == StaticStep.Replace
            ? throw new HpcException(
                ErrorId.StaticBeingSynced,
                $"Container {step.Plan.Name} on {step.Plan.Node} was changed by somebody else since it was looked at.",
                step.Plan.Node,
                $"Run it again: Sync-HpcEnvironment {step.Plan.Static} -Node {step.Plan.Node}.")
            : now;
    }

    /// <summary>The old container is set aside, stopped, until the new one is ready; else it comes back.</summary>
    private async Task<SyncOutcome> ReplaceAsync(IContainerEngine engine, EnvironmentStep step, CancellationToken cancellationToken)
    {
        var (plan, existing) = (step.Plan, step.Existing);
        await ContainerStarter.HoldImageAsync(engine, plan, cancellationToken);
        await DrainAsync(engine, existing, cancellationToken);

        var aside = new ReplacedContainer(engine, plan, Grace);
        try
        {
            await aside.MakeRoomAsync(step, cancellationToken);
            await Starter.CarryOutAsync(
                new StaticChange(plan, StaticStep.Create, null), _ => Task.CompletedTask, cancellationToken);
        }
        catch (Exception failure)
        {
            var start = existing is { State: not ContainerState.Created } || step.Replaced is not null;
            var back = await PutBackAsync(aside, step, start, failure);
            if (cancellationToken.IsCancellationRequested)
            {
                throw back.Failure == failure ? new OperationCanceledException(failure.Message, failure, cancellationToken) : back.Failure!;
            }

            return back;
        }

        var name = ContainerNames.OfReplaced(plan.Workload);
        var old = await FanOut.WithinAsync(
            engine.Node, Cluster.ShortWork, limit => engine.FindAsync(name, limit), CancellationToken.None);
        if (old is not null)
        {
            await RemoveReplacedAsync(engine, old);
        }

        return new SyncOutcome(step.Change with { Changed = true, Ready = true });
    }

    private async Task<SyncOutcome> PutBackAsync(ReplacedContainer aside, EnvironmentStep step, bool start, Exception failure)
    {
        try
        {
            var isReady = await Phase.TakeBack.RunAsync(() => aside.PutBackAsync(cluster.Nodes, start, failure), step.Plan.Node);
            return new SyncOutcome(step.Change with { Ready = isReady, RolledBack = true }, failure);
        }
        catch (HpcException lost)
        {
            return new SyncOutcome(step.Change with { Ready = false }, lost);
        }
    }

    private static Task<bool> RemoveReplacedAsync(IContainerEngine engine, EngineContainer replaced) => Phase.RemoveContainers.RunAsync(
        () => FanOut.WithinAsync(engine.Node, Cluster.ShortWork, limit => engine.RemoveAsync(replaced.Id, limit), CancellationToken.None),
        engine.Node);

    /// <summary>One that does not answer who works in it, or that is paused, may have users in it: it is left.</summary>
    private async Task DrainAsync(IContainerEngine engine, EngineContainer? container, CancellationToken cancellationToken)
    {
        if (container?.State is ContainerState.Running or ContainerState.Paused)
        {
            await Phase.DrainContainer.RunAsync(
                () => SessionDrain.WaitAsync(engine, container, DrainTimeout, cancellationToken), engine.Node);
        }
    }
}

/// <summary>How a step came out.</summary>
/// <param name="Change">What was done.</param>
/// <param name="Failure">Why it was not; null where it was.</param>
public sealed record SyncOutcome(HpcEnvironmentChange Change, Exception? Failure = null);
