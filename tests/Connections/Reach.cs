using PisaHpc.Adapters;
using PisaHpc.Adapters.Engines.Docker;
using PisaHpc.Adapters.Ssh;
using PisaHpc.Engines;
using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.Connections;

/// <summary>One way to the lab's nodes and engines, shared with no other test.</summary>
internal sealed class Reach : IAsyncDisposable
{
    private readonly NodePool _pool;
    private readonly DockerEngines _engines;

    public Reach(NodeAccess access)
    {
        _pool = NodeConnectors.NewPool(access);
        _engines = new DockerEngines(_pool, access, static () => null);
    }

    public int OpenConnections => _pool.OpenConnections(Lab.Node);

    public Task<INodeConnection> NodeAsync(string node = Lab.Node) => _pool.ConnectAsync(node, CancellationToken.None);

    public Task<IContainerEngine> EngineAsync(string node = Lab.Node) => _engines.ConnectAsync(node, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await _engines.DisposeAsync();
        await _pool.DisposeAsync();
    }
}
