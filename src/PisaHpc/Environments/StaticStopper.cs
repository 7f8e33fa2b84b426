using System.Collections.Concurrent;
using PisaHpc.Containers;
using PisaHpc.Engines;

namespace PisaHpc.Environments;

/// <summary>Stops and removes containers of static environments, each while nobody else changes that one on its node.</summary>
/// <param name="asker">Who stops them, for whoever comes meanwhile to be told.</param>
public sealed class StaticStopper(Cluster cluster, string asker)
{
    /// <summary>A killed replacement leaves a node two containers of one static environment: the second waits for the first.</summary>
    private readonly ConcurrentDictionary<(string Node, string Static), SemaphoreSlim> _turns = new();

    /// <summary>How long a container may take after the signal to end.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long to wait for jobs that are placed into the container to end; zero looks once.</summary>
    public TimeSpan DrainTimeout { get; init; }

    /// <summary>Stops one. It may be gone already.</summary>
    /// <returns>The container as it was, with <see cref="HpcContainer.Changed"/> telling whether it existed.</returns>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.StaticBeingSynced"/>: somebody else is at it, or has put another one in its place since it was looked at;
    /// <see cref="ErrorId.StaticBusy"/>: jobs are placed into it; the ids of <see cref="SyncLock"/> and of the engine.
    /// </exception>
    public async Task<HpcContainer> StopAsync(HpcContainer container, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(container);
        var name = container.Static ?? throw new ArgumentException("It is a container of no static environment.", nameof(container));
        if (container.JobId is { } job)
        {
            throw new HpcException(
                ErrorId.StaticBusy,
                $"{container.Name} on {container.Node} is not job {job}'s, which is placed into it. It was left as it is.",
                container.Node,
                $"End the job: Stop-HpcJob {job}; or the container: Stop-HpcContainer -Static {name} -Node {container.Node}.");
        }

        var turn = _turns.GetOrAdd((container.Node, name), _ => new SemaphoreSlim(1));
        await turn.WaitAsync(cancellationToken);
        try
        {
            var engine = await cluster.Engines.ConnectAsync(container.Node, cancellationToken);
            var connection = await cluster.Nodes.ConnectAsync(container.Node, cancellationToken);
            await using var held = await SyncLock.TakeAsync(connection, container.Directory, name, asker, cancellationToken);
            return await held.UnderAsync(working => StopAsync(engine, container, working), cancellationToken);
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task<HpcContainer> StopAsync(IContainerEngine engine, HpcContainer container, CancellationToken cancellationToken)
    {
        if (await engine.FindAsync(container.Name, cancellationToken) is { } now && now.Id != container.Id
            && await engine.FindAsync(container.Id, cancellationToken) is null)
        {
            throw StaticStarter.ChangedMeanwhile(container.Name, container.Node);
        }

        await JobDrain.WaitAsync(cluster, container.Node, container.Id, container.Name, DrainTimeout, cancellationToken);
        return await ContainerStopper.StopAsync(engine, container, Grace, cancellationToken);
    }
}
