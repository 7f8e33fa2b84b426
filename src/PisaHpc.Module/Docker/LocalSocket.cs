using System.Net.Sockets;
using PisaHpc.Ssh;

namespace PisaHpc.Docker;

/// <summary>The engine's unix socket on this machine.</summary>
internal static class LocalSocket
{
    /// <summary>Opens a stream to the engine.</summary>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.NodeUnreachable"/> for another machine, <see cref="ErrorId.EngineUnavailable"/>.
    /// </exception>
    public static async Task<Stream> OpenAsync(string node, string path, CancellationToken cancellationToken)
    {
        LocalTransport.Require(node);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw new HpcException(
                ErrorId.EngineUnavailable,
                $"The engine on {node} does not answer at {path}: {exception.Message}",
                node,
                innerException: exception);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
