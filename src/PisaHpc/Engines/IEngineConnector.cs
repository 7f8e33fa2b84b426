using PisaHpc.Nodes;

namespace PisaHpc.Engines;

/// <summary>Hands out the engines of nodes over the connections of <see cref="INodeConnector"/>.</summary>
public interface IEngineConnector
{
    /// <summary>Gives a node's engine; its version was asked for and fits.</summary>
    /// <param name="node">The node's name.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="HpcException">
    /// The ids of a connection, <see cref="ErrorId.EngineUnavailable"/> and <see cref="ErrorId.EngineTooOld"/>.
    /// </exception>
    Task<IContainerEngine> ConnectAsync(string node, CancellationToken cancellationToken);
}
