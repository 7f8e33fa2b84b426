using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Nodes;
using PisaHpc.Tracing;

namespace PisaHpc.Environments;

/// <summary>
/// One container of a static environment takes another one's place, while nobody else changes it: the old one is stopped and set aside
/// until the new one is ready, and then removed; else it comes back.
/// </summary>
/// <param name="plan">The new container.</param>
/// <param name="grace">How long the old one may take after the signal to end.</param>
internal sealed class ContainerReplacement(INodeConnector nodes, IContainerEngine engine, HpcContainerPlan plan, TimeSpan grace)
{
    /// <summary>Told of an old one that could not be removed, though the new one stands.</summary>
    public Action<string> Warn { get; init; } = _ => { };

    /// <summary>Told that the old one is back, where the work was interrupted.</summary>
    public TakenBack TakenBack { get; init; } = TakenBack.Untold;

    /// <summary>Replaces it.</summary>
    /// <param name="drain">What keeps users out of the old one: let go when that has stopped. Null for nothing.</param>
    /// <param name="makeAsync">Makes the new one and waits until it is ready; or leaves nothing of it.</param>
    /// <returns>Null when the new one stands; how it was undone, when the new one cannot be or the token was cancelled.</returns>
    public async Task<UndoneReplacement?> RunAsync(
        OldContainers old, IAsyncDisposable? drain, Func<Task> makeAsync, CancellationToken cancellationToken)
    {
        var aside = new ReplacedContainer(engine, plan, grace);
        try
        {
            await using (drain)
            {
                await aside.MakeRoomAsync(old, cancellationToken);
            }

            await makeAsync();
        }
        catch (Exception failure)
        {
            // One that never ran may be one that its node refuses to start.
            var start = old.Named is { State: not ContainerState.Created } || old.Aside is not null;
            return await UndoAsync(aside, old, start, failure);
        }

        await RemoveAsideOrWarnAsync();
        return null;
    }

    /// <summary>Removes the old one behind one that stands, which is worth more than that.</summary>
    public async Task RemoveAsideOrWarnAsync()
    {
        try
        {
            await RemoveAsideAsync();
        }
        catch (HpcException failure)
        {
            Warn($"The new container {plan.Name} on {plan.Node} stands; {ContainerNames.OfReplaced(plan.Workload)}, which it replaces, "
                + $"could not be removed, which the next sync does: {failure.Message}");
        }
    }

    /// <summary>Removes the old one, whose place another one has taken; the caller's own token does not hold that up.</summary>
    public Task RemoveAsideAsync() => Phase.RemoveContainers.RunAsync(
        () => FanOut.WithinAsync(plan.Node, Cluster.ShortWork, FindAndRemoveAsync, CancellationToken.None), plan.Node);

    private async Task FindAndRemoveAsync(CancellationToken cancellationToken)
    {
        if (await engine.FindAsync(ContainerNames.OfReplaced(plan.Workload), cancellationToken) is { } old)
        {
            await engine.RemoveAsync(old.Id, cancellationToken);
        }
    }

    private async Task<UndoneReplacement> UndoAsync(
        ReplacedContainer aside, OldContainers old, bool start, Exception failure)
    {
        try
        {
            var (isBack, isReady) = await Phase.TakeBack.RunAsync(() => aside.PutBackAsync(nodes, old, start, failure), plan.Node);
            if (isBack && aside.GaveWay)
            {
                TakenBack.AddPutBack(plan.Workload.ToString(), plan.Node, "the container of before");
            }

            return new UndoneReplacement(failure, isReady, isBack);
        }
        catch (HpcException lost)
        {
            return new UndoneReplacement(lost, IsReady: false, IsBack: false);
        }
    }
}

/// <summary>A replacement that did not come to its end.</summary>
/// <param name="Failure">Why; where the old container is not back, that too.</param>
/// <param name="IsReady">Whether users get into the old one.</param>
/// <param name="IsBack">Whether the old one is back.</param>
internal sealed record UndoneReplacement(Exception Failure, bool IsReady, bool IsBack);
