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
    /// <see cref="ErrorId.PortInUse"/>: something else listens on the port.
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

        RefuseTakenPort(change);
        await PutLoginsAsync(plan, cancellationToken);
        if (change.Step is StaticStep.Start or StaticStep.Restart)
        {
            await Phase.StartContainer.RunAsync(() => RunAgainAsync(engine, existing!.Id, change.Step, cancellationToken), plan.Node);
            var again = ContainerLabels.ToHpcContainer(plan.Node, existing!) with
            {
                State = nameof(ContainerState.Running),
                Changed = true,
            };
            await handOver(await ReadyAsync(engine, plan, again, cancellationToken));
            return;
        }

        if (existing is not null)
        {
            await MakeRoomAsync(engine, plan, existing, cancellationToken);
        }

        await MakeAsync(engine, plan, handOver, cancellationToken);
    }

    /// <summary>On the node's network nobody but the sshd itself would find out, and its engine would start it for ever.</summary>
    private static void RefuseTakenPort(StaticChange change)
    {
        var ours = change.Existing is { State: ContainerState.Running or ContainerState.Restarting or ContainerState.Paused };
        if (change.Plan.PortHasListener && !ours)
        {
            throw new HpcException(
                ErrorId.PortInUse,
                $"Port {change.Plan.Port} of {change.Plan.Node}, declared for {change.Plan.Workload}, has another listener.",
                change.Plan.Node,
                $"Find it on the node: ss -ltnp 'sport = :{change.Plan.Port}'; end it, or declare another port.");
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

    /// <summary>The image is there before the old container goes, for as short a time without one as can be.</summary>
    private async Task MakeRoomAsync(
        IContainerEngine engine, HpcContainerPlan plan, EngineContainer existing, CancellationToken cancellationToken)
    {
        await ContainerStarter.HoldImageAsync(engine, plan, cancellationToken);
        var old = ContainerLabels.ToHpcContainer(plan.Node, existing);
        await Phase.StopContainer.RunAsync(() => ContainerStopper.StopAsync(engine, old, Grace, cancellationToken), plan.Node);
    }

    private async Task MakeAsync(
        IContainerEngine engine, HpcContainerPlan plan, Func<HpcContainer, Task> handOver, CancellationToken cancellationToken)
    {
        var made = await Phase.StartContainer.RunAsync(() => ContainerStarter.StartAsync(engine, plan, cancellationToken), plan.Node);
        try
        {
            var connection = await cluster.Nodes.ConnectAsync(plan.Node, cancellationToken);
            await handOver(await LimitsInForce.WithAsync(
                ReadyAsync(engine, plan, made, cancellationToken),
                LimitsInForce.RequireAsync(connection, engine, plan, made, cancellationToken)));
        }
        catch
        {
            await Phase.TakeBack.RunAsync(() => ContainerStarter.TakeBackAsync(engine, plan), plan.Node);
            throw;
        }
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
