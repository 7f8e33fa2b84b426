using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Nodes;

namespace PisaHpc.Environments;

/// <summary>
/// The container that a node had, from the moment it gives way until the new one is ready. It is found by its name, so that whoever comes
/// after a caller who was killed goes on from there.
/// </summary>
/// <param name="plan">The container that takes its place.</param>
/// <param name="grace">How long it may take after the signal to end.</param>
internal sealed class ReplacedContainer(IContainerEngine engine, HpcContainerPlan plan, TimeSpan grace)
{
    /// <summary>How long putting back may last, when the caller's own token is gone.</summary>
    private static readonly TimeSpan PutBackLimit = TimeSpan.FromSeconds(60);

    /// <summary>Whether the old container was told to end: an engine goes on with that whatever becomes of its caller.</summary>
    private bool _isEnding;

    private string Aside => ContainerNames.OfReplaced(plan.Workload);

    /// <summary>
    /// Makes the name and the port free. Where an earlier replacement was interrupted the old container is aside already, and what has its
    /// name now never was ready, or is what is to be set aside now.
    /// </summary>
    public async Task MakeRoomAsync(EnvironmentStep step, CancellationToken cancellationToken)
    {
        var (existing, replaced) = (step.Existing, step.Replaced);
        if (replaced is not null && step.IsDown)
        {
            await (existing is null ? Task.CompletedTask : RemoveAsync(existing, cancellationToken));
            return;
        }

        await (replaced is null ? Task.CompletedTask : RemoveAsync(replaced, cancellationToken));
        _isEnding = true;
        await engine.StopAsync(existing!.Id, grace, cancellationToken);
        await engine.RenameAsync(existing.Id, Aside, cancellationToken);
    }

    /// <summary>Gives the old container its name again, whatever was reached before.</summary>
    /// <param name="start">Whether it is to run.</param>
    /// <param name="cause">Why.</param>
    /// <returns>Whether somebody gets into it.</returns>
    /// <exception cref="HpcException">It could not be put back, with the cause's own id.</exception>
    public async Task<bool> PutBackAsync(INodeConnector nodes, bool start, Exception cause)
    {
        try
        {
            return await FanOut.WithinAsync(
                plan.Node, PutBackLimit, limit => PutBackAsync(nodes, start, limit), CancellationToken.None);
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

    private async Task<bool> PutBackAsync(INodeConnector nodes, bool start, CancellationToken cancellationToken)
    {
        var old = await NamedAgainAsync(cancellationToken);
        if (old is null || !start)
        {
            return false;
        }

        if (_isEnding && old.State == ContainerState.Running)
        {
            await engine.StopAsync(old.Id, grace, cancellationToken);
        }

        if (_isEnding || old.State != ContainerState.Running)
        {
            await engine.StartAsync(old.Id, cancellationToken);
        }

        var container = ContainerLabels.ToHpcContainer(plan.Node, old) with { Name = plan.Name };
        var wait = TimeSpan.FromSeconds(Math.Min(container.ReadyTimeoutSec, PutBackLimit.TotalSeconds / 2));
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

    /// <summary>The one that is aside has its name again, unless another than the new one has it: that one never gave way.</summary>
    private async Task<EngineContainer?> NamedAgainAsync(CancellationToken cancellationToken)
    {
        var named = await engine.FindAsync(plan.Name, cancellationToken);
        var isNew = named?.Labels.GetValueOrDefault(ContainerLabels.Attempt) == plan.GetSpec().Labels[ContainerLabels.Attempt];
        if ((named is null || isNew) && await engine.FindAsync(Aside, cancellationToken) is { } aside)
        {
            await engine.RenameAsync(aside.Id, plan.Name, cancellationToken);
            return aside;
        }

        return named;
    }

    private async Task RemoveAsync(EngineContainer container, CancellationToken cancellationToken)
    {
        await engine.StopAsync(container.Id, grace, cancellationToken);
        await engine.RemoveAsync(container.Id, cancellationToken);
    }
}
