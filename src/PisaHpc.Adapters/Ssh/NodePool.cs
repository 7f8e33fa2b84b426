using System.Collections.Concurrent;
using PisaHpc.Nodes;
using PisaHpc.Tracing;

namespace PisaHpc.Adapters.Ssh;

/// <summary>Opens a connection to a node.</summary>
internal delegate Task<INodeTransport> OpenTransport(string node, CancellationToken cancellationToken);

/// <summary>The connections of one way of reaching nodes, shared by all callers in the process.</summary>
internal sealed class NodePool(OpenTransport open, TimeSpan idleTimeout) : INodeConnector, IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, NodeSessions> _nodes = new(StringComparer.Ordinal);

    public async Task<INodeConnection> ConnectAsync(string node, CancellationToken cancellationToken)
    {
        var sessions = SessionsOf(node);
        var opening = sessions.OpenAsync(cancellationToken);
        await (opening.IsCompleted
            ? opening
            : NodeRequest.Connect.RunAsync(node, static () => "connection", _ => Phases.WithResult(() => opening)()));
        return new NodeConnection(node, sessions);
    }

    /// <summary>How many connections to a node are open.</summary>
    public int OpenConnections(string node) => SessionsOf(node).OpenConnections;

    /// <summary>Closes the connections that nothing runs on.</summary>
    public async Task CloseIdleAsync()
    {
        foreach (var sessions in _nodes.Values)
        {
            await sessions.CloseIdleAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var sessions in _nodes.Values)
        {
            await sessions.DisposeAsync();
        }
    }

    private NodeSessions SessionsOf(string node) =>
        _nodes.GetOrAdd(node, name => new NodeSessions(name, stopping => open(name, stopping), idleTimeout));
}
