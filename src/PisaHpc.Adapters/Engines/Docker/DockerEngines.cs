using System.Collections.Concurrent;
using PisaHpc.Engines;
using PisaHpc.Nodes;
using PisaHpc.Sites;
using PisaHpc.Tracing;

namespace PisaHpc.Adapters.Engines.Docker;

/// <summary>The engines of a site's nodes, reached over the nodes' connections. An engine's version is asked for once.</summary>
/// <param name="program">The directory that the agent's program has on nodes; null where there is none.</param>
internal sealed class DockerEngines(INodeConnector nodes, NodeAccess access, Func<string?> program) : IEngineConnector, IAsyncDisposable
{
    private readonly Lazy<string?> _program = new(program);
    private readonly ConcurrentDictionary<string, Task<EngineClient>> _clients = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _closing = new();

    public async Task<IContainerEngine> ConnectAsync(string node, CancellationToken cancellationToken)
    {
        // An attempt that failed, perhaps after its caller had left, is nobody's answer any more.
        if (_clients.TryGetValue(node, out var known) && known is { IsCompleted: true, IsCompletedSuccessfully: false })
        {
            _clients.TryRemove(new KeyValuePair<string, Task<EngineClient>>(node, known));
        }

        var opening = _clients.GetOrAdd(node, name => OpenAsync(name)).WaitAsync(cancellationToken);
        return new DockerEngine(
            opening.IsCompleted ? await opening : await NodeRequest.Connect.RunAsync(node, static () => "engine", _ => opening));
    }

    /// <summary>The last attempt to reach a node's engine.</summary>
    internal Task? AttemptAt(string node) => _clients.GetValueOrDefault(node);

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        foreach (var client in _clients.Values.Where(client => client.IsCompletedSuccessfully))
        {
            (await client).Dispose();
        }
    }

    private Task<EngineClient> OpenAsync(string node) => Detached.RunAsync(async () =>
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token);
        limit.CancelAfter(access.ConnectTimeout + access.ConnectTimeout);
        try
        {
            return await EngineClient.OpenAsync(node, stopping => StreamAsync(node, stopping), access.IdleTimeout, limit.Token);
        }
        catch (OperationCanceledException exception) when (!_closing.IsCancellationRequested)
        {
            throw EngineFailure.Of(
                new TimeoutException($"no answer within {2 * access.ConnectTimeout.TotalSeconds:0.#} s", exception), node);
        }
    });

    private async Task<Stream> StreamAsync(string node, CancellationToken cancellationToken)
    {
        if (access.IsHere(node))
        {
            return await LocalSocket.OpenAsync(node, access.EngineSocket, cancellationToken);
        }

        var connection = await nodes.ConnectAsync(node, cancellationToken);
        return await DialStdioStream.OpenAsync(connection, access.EngineSocket, _program.Value, cancellationToken);
    }
}
