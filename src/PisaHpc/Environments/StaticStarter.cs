using PisaHpc.Access.Login;
using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Tracing;

namespace PisaHpc.Environments;

/// <summary>
/// Carries a change of a static environment out on its node. Interrupted at any point, it takes back the container that it made; one that
/// was there before stays, as far as it was not to give way.
/// </summary>
public sealed class StaticStarter(Cluster cluster)
{
    /// <summary>How long a container may take after the signal to end.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Told of a limit that a node cannot see.</summary>
    public Action<string> Warn { get; init; } = _ => { };

    /// <summary>Whether to return as soon as it runs, without waiting until it is ready.</summary>
    public bool NoWait { get; init; }

    /// <summary>Looks at the container that a node has now.</summary>
    public async Task<EngineContainer?> FindAsync(HpcContainerPlan plan, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var engine = await cluster.Engines.ConnectAsync(plan.Node, cancellationToken);
        return await engine.FindAsync(plan.Name, cancellationToken);
    }

    /// <summary>Does what a change says, and waits until the container is ready.</summary>
    /// <param name="handOver">Gives the container to the caller; when that fails, what was made is taken back.</param>
    /// <exception cref="HpcException">
    /// The ids of <see cref="ContainerStarter"/>, of <see cref="LoginDirectory"/> and of <see cref="ReadinessCheck"/>;
    /// <see cref="ErrorId.PortInUse"/>: something else listens on the port; <see cref="ErrorId.LimitNotInForce"/>.
    /// </exception>
    public async Task CarryOutAsync(StaticChange change, Func<HpcContainer, Task> handOver, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(change);
        ArgumentNullException.ThrowIfNull(handOver);
        var (plan, existing) = (change.Plan, change.Existing);
        var engine = await cluster.Engines.ConnectAsync(plan.Node, cancellationToken);
        if (change.Step == StaticStep.None)
        {
            await handOver(await ReadyAsync(engine, plan, ContainerLabels.ToHpcContainer(plan.Node, existing!), cancellationToken));
            return;
        }

        await RefuseTakenPortAsync(change, cancellationToken);
        await PutLoginsAsync(plan, cancellationToken);
        if (change.Step is StaticStep.Start or StaticStep.Restart)
        {
            await Phase.StartContainer.RunAsync(() => RunAgainAsync(engine, existing!.Id, change.Step, cancellationToken), plan.Node);
            var again = ContainerLabels.ToHpcContainer(plan.Node, existing!) with
            {
                State = nameof(ContainerState.Running),
                Changed = true,
            };
            await handOver(await CheckedAsync(engine, plan, again, cancellationToken));
            return;
        }

        // The image is there before the old container goes, for as short a time without one as can be; and by it the new one is marked.
        var start = plan.ForStart(await ContainerStarter.HoldImageAsync(engine, plan, cancellationToken));
        if (existing is not null)
        {
            await MakeRoomAsync(engine, start, existing, cancellationToken);
        }

        await MakeAsync(engine, start, handOver, cancellationToken);
    }

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

    private Task RunAgainAsync(IContainerEngine engine, string id, StaticStep step, CancellationToken cancellationToken) =>
        step == StaticStep.Start ? engine.StartAsync(id, cancellationToken) : engine.RestartAsync(id, Grace, cancellationToken);

    private async Task MakeRoomAsync(
        IContainerEngine engine, HpcContainerPlan plan, EngineContainer existing, CancellationToken cancellationToken)
    {
        var old = ContainerLabels.ToHpcContainer(plan.Node, existing);
        await Phase.StopContainer.RunAsync(() => ContainerStopper.StopAsync(engine, old, Grace, cancellationToken), plan.Node);
    }

    private async Task MakeAsync(
        IContainerEngine engine, HpcContainerPlan plan, Func<HpcContainer, Task> handOver, CancellationToken cancellationToken)
    {
        var made = await Phase.StartContainer.RunAsync(() => ContainerStarter.StartAsync(engine, plan, cancellationToken), plan.Node);
        try
        {
            await handOver(await CheckedAsync(engine, plan, made, cancellationToken));
        }
        catch
        {
            await Phase.TakeBack.RunAsync(() => ContainerStarter.TakeBackAsync(engine, plan), plan.Node);
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
