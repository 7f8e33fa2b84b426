using System.Collections.Concurrent;
using PisaHpc.Adapters.Engines.Docker;
using PisaHpc.Adapters.Ssh;
using PisaHpc.Engines;
using PisaHpc.Engines.Docker;
using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.Adapters;

/// <summary>The process's connectors, one for each way of reaching nodes, so that cmdlets and runspaces share open connections.</summary>
internal static class NodeConnectors
{
    private static readonly ConcurrentDictionary<string, Lazy<NodePool>> Pools = new(StringComparer.Ordinal);
    private static readonly ConcurrentDictionary<string, Lazy<IEngineConnector>> Engines = new(StringComparer.Ordinal);

    /// <summary>The connector for a site's nodes.</summary>
    public static INodeConnector For(NodeAccess access) => PoolOf(access);

    /// <summary>A connection to this machine, for what is read on it: no ssh, whatever the site says.</summary>
    public static Task<INodeConnection> ThisMachineAsync(CancellationToken cancellationToken) =>
        For(new NodeAccess { Client = SshClientKind.Local }).ConnectAsync("localhost", cancellationToken);

    /// <summary>The engines of a site's nodes.</summary>
    /// <param name="program">
    /// The directory that the agent's program has on nodes, by which engines are reached; null where there is none.
    /// </param>
    public static IEngineConnector EnginesFor(NodeAccess access, Func<string?> program) => Engines.GetOrAdd(
        KeyOf(access),
        _ => new Lazy<IEngineConnector>(() => access.EngineAdministration switch
        {
            DockerAdministration => new DockerEngines(PoolOf(access), access, program),
            var other => throw new HpcException(ErrorId.InvalidValue, $"The engine {Quote.Of(other.Name)} is not known.", other.Name),
        })).Value;

    /// <summary>Closes the connections that nothing runs on; the others close when they have been idle for a while.</summary>
    public static async Task CloseIdleAsync()
    {
        foreach (var pool in Pools.Values.Where(pool => pool.IsValueCreated))
        {
            await pool.Value.CloseIdleAsync();
        }
    }

    /// <summary>A pool that nobody else shares.</summary>
    public static NodePool NewPool(NodeAccess access) => new(TransportOf(access), access.IdleTimeout);

    private static NodePool PoolOf(NodeAccess access) =>
        Pools.GetOrAdd(KeyOf(access), _ => new Lazy<NodePool>(() => NewPool(access))).Value;

    private static OpenTransport TransportOf(NodeAccess access) =>
        access.Here is null ? BySsh(access) : (node, stopping) =>
            access.IsHere(node) ? LocalTransport.OpenAsync(node, asLogin: true) : BySsh(access)(node, stopping);

    private static OpenTransport BySsh(NodeAccess access) => access.Client switch
    {
        SshClientKind.Builtin => (node, stopping) => SshNetTransport.ConnectAsync(node, access, stopping),
        SshClientKind.OpenSsh => (node, stopping) => OpenSshTransport.ConnectAsync(node, access, stopping),
        SshClientKind.Local => (node, _) => LocalTransport.OpenAsync(node),
        _ => throw new HpcException(ErrorId.InvalidValue, $"The ssh client {Quote.Of(access.Client)} is not known.", access.Client),
    };

    /// <summary>Everything that makes a way of reaching nodes another one; a record with lists compares those by reference.</summary>
    private static string KeyOf(NodeAccess access) => string.Join(
        '\n',
        [
            $"{access.Client} {access.Here} {access.User} {access.Port} {access.ConnectTimeout} {access.IdleTimeout}",
            $"{access.EngineAdministration.Name} {access.EngineSocket}",
            access.Config,
            .. access.Keys.Select(key => "key " + key),
            .. access.KnownHosts.Select(file => "known " + file),
        ]);
}
