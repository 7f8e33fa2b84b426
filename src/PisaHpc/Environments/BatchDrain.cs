using PisaHpc.Batch;
using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.Environments;

/// <summary>
/// Keeps the batch system's jobs off a node whose container is about to go, where the static environment is declared so: the batch system
/// knows nothing of containers.
/// </summary>
/// <param name="site">The site, with what is declared and its batch system.</param>
/// <param name="host">Connects to the host that has the batch system's programs.</param>
public sealed class BatchDrain(HpcSite site, Func<CancellationToken, Task<INodeConnection>> host)
{
    /// <summary>Told of a node that may be drained still.</summary>
    public Action<string> Warn { get; init; } = _ => { };

    /// <summary>Drains a node in the batch system, and waits for its jobs.</summary>
    /// <param name="name">The static environment whose container is to go.</param>
    /// <param name="timeout">How long to wait; zero looks once.</param>
    /// <returns>What gives the node back; null where the static environment does not ask for it.</returns>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.StaticBusy"/>; <see cref="ErrorId.BatchSystemFailed"/>; <see cref="ErrorId.PlatformNotSupported"/>: a batch
    /// system that is not told; the ids of the host's connection.
    /// </exception>
    internal async Task<BatchNodeDrain?> BeginAsync(string name, string node, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (site.Static.GetValueOrDefault(name) is not { Drain.Batch: true })
        {
            return null;
        }

        var hold = NodeHold.Of(site.Batch.System, site.Batch.Profile) ?? throw new HpcException(
            ErrorId.PlatformNotSupported,
            $"static.{name}.drain.batch: {site.Batch.System} is not told to drain a node; Slurm, LSF and HTCondor are.",
            node,
            "Close the node there by hand, and take drain.batch out of the site definition.");
        return await BatchNodeDrain.BeginAsync(
            hold, await host(cancellationToken), node, $"{BatchNodeDrain.Mark}{name}", timeout, Warn, cancellationToken);
    }
}
