using System.Collections.Concurrent;
using PisaHpc.Engines;
using PisaHpc.Nodes;

namespace PisaHpc.Containers;

/// <summary>
/// Looks at what containers use, time and again: the engine tells what it counts, and the control groups the rest. What is a share of time
/// is that between a look and the one before, so that the first has none.
/// </summary>
public sealed class ContainerMeter
{
    private readonly ConcurrentDictionary<string, IReadOnlyDictionary<string, ContainerUsage>> _before = new(StringComparer.Ordinal);

    /// <summary>Looks at containers of one node: a request for each and one command.</summary>
    /// <param name="connection">The connection to the node.</param>
    /// <param name="engine">The node's engine.</param>
    /// <param name="containers">The containers.</param>
    /// <returns>The use of those that run; one that ended, or is gone, has none.</returns>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/> and the engine's own.</exception>
    public async Task<IReadOnlyList<HpcContainerUsage>> LookAsync(
        INodeConnection connection,
        IContainerEngine engine,
        IReadOnlyCollection<HpcContainer> containers,
        CancellationToken cancellationToken)
    {
        var reading = ControlGroup.ReadAsync(connection, [.. containers.Select(container => container.Id)], cancellationToken);
        var measuring = Task.WhenAll(containers.Select(async container =>
            (Container: container, Now: await MeasureAsync(engine, container, cancellationToken))));
        await Task.WhenAll(reading, measuring);
        var groups = await reading;
        var before = _before.GetValueOrDefault(engine.Node);
        var running = (await measuring).Where(measured => measured.Now is not null).ToList();
        _before[engine.Node] = running.ToDictionary(measured => measured.Container.Id, measured => measured.Now!, StringComparer.Ordinal);
        return
        [
            .. running.Select(measured => HpcContainerUsage.Of(
                measured.Container,
                before?.GetValueOrDefault(measured.Container.Id),
                measured.Now!,
                groups.GetValueOrDefault(measured.Container.Id))),
        ];
    }

    private static async Task<ContainerUsage?> MeasureAsync(
        IContainerEngine engine, HpcContainer container, CancellationToken cancellationToken)
    {
        try
        {
            return await engine.MeasureAsync(container.Id, cancellationToken);
        }
        catch (HpcException gone) when (gone.Id == ErrorId.ContainerNotFound)
        {
            return null;
        }
    }
}
