using PisaHpc.Batch;
using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.Adapters;

/// <summary>A site's batch system, asked on the host that has its programs.</summary>
internal static class SiteBatchSystem
{
    /// <summary>How long it may take to tell all of its jobs when nobody says.</summary>
    public static TimeSpan DefaultTimeout { get; } = TimeSpan.FromSeconds(30);

    /// <summary>Asks one question.</summary>
    /// <param name="site">The site, which says how the host is reached.</param>
    /// <param name="kind">The batch system.</param>
    /// <param name="host">The host; null takes the site's, or else this machine.</param>
    /// <param name="timeout">How long it may take; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="question">What is asked.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.BatchSystemFailed"/> when the time is up; <see cref="ErrorId.PlatformNotSupported"/> for a batch system that
    /// cannot be asked; why the host cannot be reached; and what the question throws.
    /// </exception>
    public static Task<T> AskAsync<T>(
        HpcSite site,
        Scheduler kind,
        string? host,
        TimeSpan timeout,
        Func<IBatchSystem, CancellationToken, Task<T>> question,
        CancellationToken cancellationToken)
    {
        // What the site says of its batch system is of no other.
        var own = site.Batch.System == kind ? site.Batch : new BatchSettings();
        return AtAsync(
            site,
            host,
            timeout,
            (connection, stopping) => question(BatchSystems.On(connection, kind, own.Cluster, own.Profile, own.Schedulers), stopping),
            cancellationToken);
    }

    /// <summary>Does something on the host that has the batch system's programs; for the rest as <c>AskAsync</c>.</summary>
    public static async Task<T> AtAsync<T>(
        HpcSite site,
        string? host,
        TimeSpan timeout,
        Func<INodeConnection, CancellationToken, Task<T>> work,
        CancellationToken cancellationToken)
    {
        return await FanOut.WithinAsync(
            host ?? site.Batch.Host ?? "localhost",
            timeout,
            async stopping => await work(await ConnectAsync(site, host, stopping), stopping),
            cancellationToken,
            ErrorId.BatchSystemFailed);
    }

    /// <summary>Connects to the host that has the batch system's programs: the site's, where none is named, or else this machine.</summary>
    public static Task<INodeConnection> ConnectAsync(HpcSite site, string? host, CancellationToken cancellationToken) =>
        (host ?? site.Batch.Host) is { } at
            ? NodeConnectors.For(site.Nodes).ConnectAsync(at, cancellationToken)
            : NodeConnectors.ThisMachineAsync(cancellationToken);
}
