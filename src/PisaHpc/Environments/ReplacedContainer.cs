using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Nodes;

namespace PisaHpc.Environments;

/// <summary>
/// The container that a node had, from the moment it gives way until the new one is ready. It is found by its name, so that whoever comes
/// after a caller who was killed goes on from there. Aside it is not started by its engine, which would give it the new one's port.
/// </summary>
/// <param name="plan">The container that takes its place, as it is started: its attempt tells it from a stranger's.</param>
/// <param name="grace">How long it may take after the signal to end.</param>
internal sealed class ReplacedContainer(IContainerEngine engine, HpcContainerPlan plan, TimeSpan grace)
{
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(30);

    private static readonly LimitUpdate NeverStarted = new() { Restart = RestartPolicy.No };

    /// <summary>Whether the old container was told to end: an engine goes on with that whatever becomes of its caller.</summary>
    private bool _isEnding;

    /// <summary>Whether the old container gave way: by this, or by whoever was killed before it came.</summary>
    public bool GaveWay { get; private set; }

    /// <summary>How long putting back may last, when the caller's own token is gone: the old one may have to end before.</summary>
    private TimeSpan PutBackLimit => grace + TimeSpan.FromSeconds(60);

    private string Aside => ContainerNames.OfReplaced(plan.Workload);

    /// <summary>Makes the name and the port free.</summary>
    public async Task MakeRoomAsync(OldContainers old, CancellationToken cancellationToken)
    {
        var (named, aside) = (old.Named, old.Aside);
        if (aside is not null && old.IsDown)
        {
            await (named is null ? Task.CompletedTask : RemoveAsync(named, cancellationToken));
            await EndAsync(aside, cancellationToken);
            return;
        }

        await (aside is null ? Task.CompletedTask : RemoveAsync(aside, cancellationToken));
        if (named!.State is ContainerState.Dead or ContainerState.Removing)
        {
            // Its engine began to remove it, and does nothing else with it any more.
            await engine.RemoveAsync(named.Id, cancellationToken);
            return;
        }

        await EndAsync(named, cancellationToken);
        await engine.RenameAsync(named.Id, Aside, cancellationToken);
    }

    /// <summary>Gives the old container its name again, and the restart policy that is declared, whatever was reached before.</summary>
    /// <param name="olds">What was there before; nothing else is touched.</param>
    /// <param name="start">Whether it is to run.</param>
    /// <param name="cause">Why.</param>
    /// <returns>Whether one of them is there, and whether somebody gets into it.</returns>
    /// <exception cref="HpcException">It could not be put back, with the cause's own id.</exception>
    public async Task<(bool IsBack, bool IsReady)> PutBackAsync(
        INodeConnector nodes, OldContainers olds, bool start, Exception cause)
    {
        try
        {
            return await FanOut.WithinAsync(
                plan.Node, PutBackLimit, limit => PutBackAsync(nodes, olds, start, limit), CancellationToken.None);
        }
        catch (HpcException failure)
        {
            throw new HpcException(
                cause is HpcException { Id: var id } ? id : failure.Id,
                $"{cause.Message} The container that was there could not be put back: {failure.Message}",
                plan.Node,
                $"When the node answers again: Sync-HpcEnvironment {plan.Static} -Node {plan.Node}.",
                cause);
        }
    }

    private async Task<(bool IsBack, bool IsReady)> PutBackAsync(
        INodeConnector nodes, OldContainers olds, bool start, CancellationToken cancellationToken)
    {
        var old = await NamedAgainAsync(olds, cancellationToken);
        if (old is null)
        {
            return (false, false);
        }

        await engine.UpdateAsync(old.Id, new LimitUpdate { Restart = plan.GetSpec().Restart }, cancellationToken);
        if (!start)
        {
            return (true, false);
        }

        if (_isEnding && old.State == ContainerState.Running)
        {
            await engine.StopAsync(old.Id, grace, cancellationToken);
        }

        if (_isEnding || old.State != ContainerState.Running)
        {
            await engine.StartAsync(old.Id, cancellationToken);
        }

        return (true, await IsReadyAsync(nodes, old, cancellationToken));
    }

    private async Task<bool> IsReadyAsync(INodeConnector nodes, EngineContainer old, CancellationToken cancellationToken)
    {
        var container = ContainerLabels.ToHpcContainer(plan.Node, old) with { Name = plan.Name };
        var wait = TimeSpan.FromSeconds(Math.Min(container.ReadyTimeoutSec, ReadyLimit.TotalSeconds));
        var connection = await nodes.ConnectAsync(plan.Node, cancellationToken);
        try
        {
            return (await ReadinessCheck.WaitAsync(connection, engine, container, wait, cancellationToken)).Ready == true;
        }
        catch (HpcException failure) when (failure.Id is ErrorId.ContainerNotReady or ErrorId.PortInUse)
        {
            // It is back, as it was: that nobody gets in is what the answer says.
            return false;
        }
    }

    /// <summary>The one that is aside has its name again, unless the other has it still, which never gave way.</summary>
    private async Task<EngineContainer?> NamedAgainAsync(OldContainers olds, CancellationToken cancellationToken)
    {
        var named = await engine.FindAsync(plan.Name, cancellationToken);
        if (IsOld(named))
        {
            return named;
        }

        var aside = await engine.FindAsync(Aside, cancellationToken);
        if (!IsOld(aside))
        {
            return null;
        }

        var isNew = named?.Labels.GetValueOrDefault(ContainerLabels.Attempt) == plan.GetSpec().Labels[ContainerLabels.Attempt];
        if (named is not null && !isNew)
        {
            throw new HpcException(
                ErrorId.StaticDiffers, $"Container {plan.Name} on {plan.Node} is another one that somebody made meanwhile.", plan.Node);
        }

        // One of this attempt that could not be taken back has the name still.
        await (named is null ? Task.CompletedTask : engine.RemoveAsync(named.Id, cancellationToken));
        await engine.RenameAsync(aside!.Id, plan.Name, cancellationToken);
        GaveWay = true;
        return aside;

        bool IsOld(EngineContainer? found) => found is not null && (found.Id == olds.Named?.Id || found.Id == olds.Aside?.Id);
    }

    private async Task EndAsync(EngineContainer container, CancellationToken cancellationToken)
    {
        await engine.UpdateAsync(container.Id, NeverStarted, cancellationToken);
        (_isEnding, GaveWay) = (true, true);
        await engine.StopAsync(container.Id, grace, cancellationToken);
    }

    private async Task RemoveAsync(EngineContainer container, CancellationToken cancellationToken)
    {
        await engine.StopAsync(container.Id, grace, cancellationToken);
        await engine.RemoveAsync(container.Id, cancellationToken);
    }
}

/// <summary>What a node has of a static environment before another container takes its place; one of the two at least.</summary>
/// <param name="Named">The container that has the name; null when there is none.</param>
/// <param name="Aside">One that was set aside by a replacement that did not come to its end; null when there is none.</param>
/// <param name="IsDown">
/// Whether nobody gets into what has the name: with one that is aside, it never was ready, and the other one is to come back.
/// </param>
internal sealed record OldContainers(EngineContainer? Named, EngineContainer? Aside, bool IsDown);
