using PisaHpc.Access;
using PisaHpc.Access.Login;
using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Tracing;

namespace PisaHpc.Environments;

/// <summary>
/// Carries a change of a static environment out on its node. Interrupted at any point, it takes back the container that it made; one that
/// was there before stays, or comes back.
/// </summary>
public sealed class StaticStarter(Cluster cluster)
{
    /// <summary>How long a container may take after the signal to end.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long jobs that are placed into a container which is to end are waited for.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.Zero;

    /// <summary>Told of a limit that a node cannot see.</summary>
    public Action<string> Warn { get; init; } = _ => { };

    /// <summary>Told what of work that is interrupted is taken back.</summary>
    public TakenBack TakenBack { get; init; } = TakenBack.Untold;

    /// <summary>Whether to return as soon as it runs, without waiting until it is ready.</summary>
    public bool NoWait { get; init; }

    /// <summary>How long an engine may take for a short request, a stop beside its grace; waits for jobs and pulls are not meant.</summary>
    public TimeSpan EngineLimit { get; init; } = Cluster.ShortWork;

    private TimedEngines Engines => new(cluster.Engines, EngineLimit);

    /// <summary>Looks at the container that a node has now.</summary>
    public async Task<EngineContainer?> FindAsync(HpcContainerPlan plan, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var engine = await Engines.ConnectAsync(plan.Node, cancellationToken);
        return await engine.FindAsync(plan.Name, cancellationToken);
    }

    /// <summary>
    /// Does what a change says, while nobody else changes the static environment on the node, and waits until the container is ready.
    /// </summary>
    /// <param name="handOver">Gives the container to the caller; when that fails, what was made is taken back.</param>
    /// <exception cref="HpcException">
    /// The ids of <see cref="ContainerStarter"/>, of <see cref="LoginDirectory"/> and of <see cref="ReadinessCheck"/>;
    /// <see cref="ErrorId.PortInUse"/>: something else listens on the port; <see cref="ErrorId.LimitNotInForce"/>;
    /// <see cref="ErrorId.StaticBeingSynced"/>: somebody else is at it, or has been since the change was made;
    /// <see cref="ErrorId.StaticBusy"/>: jobs are placed into the container that is to end.
    /// </exception>
    public async Task CarryOutAsync(StaticChange change, Func<HpcContainer, Task> handOver, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(change);
        ArgumentNullException.ThrowIfNull(handOver);
        var plan = change.Plan;
        var engine = await Engines.ConnectAsync(plan.Node, cancellationToken);
        if (change.Step == StaticStep.None)
        {
            var running = ContainerLabels.ToHpcContainer(plan.Node, change.Existing!);
            await handOver(await ReadyAsync(engine, plan, running, cancellationToken));
            return;
        }

        await RefuseTakenPortAsync(change, cancellationToken);
        var connection = await cluster.Nodes.ConnectAsync(plan.Node, cancellationToken);
        var asker = plan.GetSpec().Labels[ContainerLabels.StartedBy];
        await using var held = await SyncLock.TakeAsync(connection, plan.Directory, plan.Static!, asker, cancellationToken);
        await held.UnderAsync(
            async working =>
            {
                var old = await LookAgainAsync(engine, change, working);
                if (change.Step is StaticStep.Restart or StaticStep.Replace && old.Named is { } named && StaticChange.Runs(named))
                {
                    await JobDrain.WaitAsync(cluster, plan.Node, named.Id, named.Name, DrainTimeout, working);
                }

                await CarryOutAsync(engine, change, old, handOver, working);
                return true;
            },
            cancellationToken);
    }

    /// <summary>Starts the container that is there, anew or again, or lets the processes go on of one that is paused.</summary>
    internal async Task RunAgainAsync(
        IContainerEngine engine, StaticChange change, Func<HpcContainer, Task> handOver, CancellationToken cancellationToken)
    {
        var (plan, existing) = (change.Plan, change.Existing!);
        if (change.Step != StaticStep.Unpause)
        {
            await PutLoginsAsync(plan, cancellationToken);

            // One that was aside, or an admin's hand, may have taken it away: it would not come back with its node.
            await engine.UpdateAsync(existing.Id, new LimitUpdate { Restart = plan.GetSpec().Restart }, cancellationToken);
        }

        await Phase.StartContainer.RunAsync(
            () => change.Step switch
            {
                StaticStep.Start => engine.StartAsync(existing.Id, cancellationToken),
                StaticStep.Unpause => engine.UnpauseAsync(existing.Id, cancellationToken),
                _ => engine.RestartAsync(existing.Id, Grace, cancellationToken),
            },
            plan.Node);
        var again = ContainerLabels.ToHpcContainer(plan.Node, existing) with
        {
            State = nameof(ContainerState.Running),
            Changed = true,
        };
        await handOver(await CheckedAsync(engine, plan, again, cancellationToken));
    }

    /// <summary>Makes the container, where nothing has its name, and starts it.</summary>
    internal async Task CreateAsync(
        IContainerEngine engine, HpcContainerPlan plan, Func<HpcContainer, Task> handOver, CancellationToken cancellationToken)
    {
        await PutLoginsAsync(plan, cancellationToken);
        await MakeAsync(engine, await ForStartAsync(engine, plan, cancellationToken), handOver, cancellationToken);
    }

    /// <summary>A plan whose image its node has, marked by it.</summary>
    internal static async Task<HpcContainerPlan> ForStartAsync(
        IContainerEngine engine, HpcContainerPlan plan, CancellationToken cancellationToken) =>
        plan.ForStart(await ContainerStarter.HoldImageAsync(engine, plan, cancellationToken));

    /// <summary>Makes it in the place of another one, for as short a time without one as can be.</summary>
    /// <param name="plan">The container, ready to be started: its image is on the node.</param>
    /// <param name="drain">What keeps users out of the old one; null for nothing.</param>
    /// <returns>Null when it stands; how it was undone when it does not.</returns>
    internal Task<UndoneReplacement?> ReplaceAsync(
        IContainerEngine engine,
        HpcContainerPlan plan,
        OldContainers old,
        IAsyncDisposable? drain,
        Func<HpcContainer, Task> handOver,
        CancellationToken cancellationToken) =>
        new ContainerReplacement(cluster.Nodes, engine, plan, Grace) { Warn = Warn, TakenBack = TakenBack }.RunAsync(
            old,
            drain,
            async () =>
            {
                await RefuseTakenPortAsync(new StaticChange(plan, StaticStep.Create, null), cancellationToken);
                await PutLoginsAsync(plan, cancellationToken);
                await MakeAsync(engine, plan, handOver, cancellationToken);
            },
            cancellationToken);

    private async Task CarryOutAsync(
        IContainerEngine engine,
        StaticChange change,
        OldContainers old,
        Func<HpcContainer, Task> handOver,
        CancellationToken cancellationToken)
    {
        var plan = change.Plan;
        if (change.Step is StaticStep.Start or StaticStep.Restart or StaticStep.Unpause)
        {
            await RunAgainAsync(engine, change, handOver, cancellationToken);
            await (old.Aside is null
                ? Task.CompletedTask
                : new ContainerReplacement(cluster.Nodes, engine, plan, Grace) { Warn = Warn }.RemoveAsideOrWarnAsync());
            return;
        }

        if (old is { Named: null, Aside: null })
        {
            await CreateAsync(engine, plan, handOver, cancellationToken);
            return;
        }

        var start = await ForStartAsync(engine, plan, cancellationToken);
        if (await ReplaceAsync(engine, start, old, drain: null, handOver, cancellationToken) is { } undone)
        {
            if (undone.Failure is OperationCanceledException)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            throw Undone(undone);
        }
    }

    /// <summary>What is there now, under the lock. Where another container has the name than before, or the one that
    /// was to be replaced since it did not run runs, the change was for nothing.</summary>
    private async Task<OldContainers> LookAgainAsync(IContainerEngine engine, StaticChange change, CancellationToken cancellationToken)
    {
        var plan = change.Plan;
        var named = await engine.FindAsync(plan.Name, cancellationToken);
        var isTaken = change is { Step: StaticStep.Replace, Existing: { } before } && named is not null
            && StaticChange.Runs(named) && !StaticChange.Runs(before);
        if (named?.Id != change.Existing?.Id || isTaken)
        {
            throw ChangedMeanwhile(plan.Name, plan.Node);
        }

        var aside = await engine.FindAsync(ContainerNames.OfReplaced(plan.Workload), cancellationToken);
        var isDown = named is not { State: ContainerState.Running }
            || (aside is not null && await RefusalAsync(engine, plan.Node, named, cancellationToken) is not null);
        return new OldContainers(named, aside, isDown);
    }

    /// <summary>The failure of what was to be done to a container that is another one by now.</summary>
    internal static HpcException ChangedMeanwhile(string container, string node) => new(
        ErrorId.StaticBeingSynced,
        $"Container {container} on {node} was changed by somebody else since it was looked at.",
        node,
        "Run it again.");

    private async Task<string?> RefusalAsync(
        IContainerEngine engine, string node, EngineContainer container, CancellationToken cancellationToken)
    {
        var entry = new ContainerEntry(await cluster.Nodes.ConnectAsync(node, cancellationToken), engine, container.Id);
        var access = ContainerLabels.ToHpcContainer(node, container).GetAccess();
        return await access.TryAsync(entry, EnvironmentSurvey.UsualReadyLimit, cancellationToken);
    }

    private static Exception Undone(UndoneReplacement undone) => undone is { Failure: HpcException failure, IsBack: true }
        ? new HpcException(
            failure.Id,
            $"{failure.Message} The container that was there before is back.",
            failure.Target,
            failure.RecommendedAction,
            failure)
        : undone.Failure;

    /// <summary>
    /// Looks whether something else listens on a change's port: on the node's network nobody but the sshd itself would find out, and its
    /// engine would start it for ever. A plan that is carried out may be an old one, so that the node is asked now.
    /// </summary>
    /// <exception cref="HpcException"><see cref="ErrorId.PortInUse"/>: something does; the ids of <see cref="NodeProbe"/>.</exception>
    public async Task RefuseTakenPortAsync(StaticChange change, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(change);
        var plan = change.Plan;
        if (change.HasPort)
        {
            return;
        }

        var connection = await cluster.Nodes.ConnectAsync(plan.Node, cancellationToken);
        if ((await NodeProbe.ReadAsync(connection, [], cancellationToken)).ListeningPorts.Contains(plan.Port))
        {
            throw new HpcException(
                ErrorId.PortInUse,
                $"Port {plan.Port} of {plan.Node}, declared for {plan.Workload}, has another listener.",
                plan.Node,
                $"Find it on the node: ss -ltnp 'sport = :{plan.Port}'; end it, or declare another port.");
        }
    }

    private async Task PutLoginsAsync(HpcContainerPlan plan, CancellationToken cancellationToken)
    {
        var connection = await cluster.Nodes.ConnectAsync(plan.Node, cancellationToken);
        await Phase.WriteAccess.RunAsync(
            () => LoginDirectory.PutAsync(connection, plan.Directory, plan.Logins!, cancellationToken), plan.Node);
    }

    private async Task MakeAsync(
        IContainerEngine engine, HpcContainerPlan plan, Func<HpcContainer, Task> handOver, CancellationToken cancellationToken)
    {
        var made = await Phase.StartContainer.RunAsync(
            () => ContainerStarter.StartAsync(engine, plan, cancellationToken, TakenBack), plan.Node);
        try
        {
            await handOver(await CheckedAsync(engine, plan, made, cancellationToken));
        }
        catch
        {
            await Phase.TakeBack.RunAsync(() => ContainerStarter.TakeBackAsync(engine, plan, TakenBack), plan.Node);
            throw;
        }
    }

    /// <summary>A container that was started, ready and held to its limits: a node that booted since may have other controllers.</summary>
    private async Task<HpcContainer> CheckedAsync(
        IContainerEngine engine, HpcContainerPlan plan, HpcContainer started, CancellationToken cancellationToken)
    {
        var connection = await cluster.Nodes.ConnectAsync(plan.Node, cancellationToken);
        return await LimitsInForce.WithAsync(
            ReadyAsync(engine, plan, started, cancellationToken),
            LimitsInForce.RequireAsync(connection, engine, plan, started, Warn, cancellationToken));
    }

    private async Task<HpcContainer> ReadyAsync(
        IContainerEngine engine, HpcContainerPlan plan, HpcContainer container, CancellationToken cancellationToken)
    {
        if (NoWait)
        {
            return container;
        }

        var connection = await cluster.Nodes.ConnectAsync(plan.Node, cancellationToken);
        var deadline = TimeSpan.FromSeconds(plan.ReadyTimeoutSec);
        return await Phase.WaitUntilReady.RunAsync(
            () => ReadinessCheck.WaitAsync(connection, engine, container, deadline, cancellationToken), plan.Node);
    }
}
