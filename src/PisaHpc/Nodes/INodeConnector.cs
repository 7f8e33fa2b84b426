namespace PisaHpc.Nodes;

/// <summary>Hands out connections to nodes. Implementations pool them: a lease is returned by disposing it.</summary>
public interface INodeConnector
{
    /// <summary>Gives a connection to a node, an open one where the pool has it.</summary>
    /// <param name="node">The node's name.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.NodeUnreachable"/>, <see cref="ErrorId.NodeAuthenticationFailed"/>, <see cref="ErrorId.HostKeyUnknown"/> or
    /// <see cref="ErrorId.HostKeyChanged"/>, with the node as target.
    /// </exception>
    Task<INodeConnection> ConnectAsync(string node, CancellationToken cancellationToken);
}
