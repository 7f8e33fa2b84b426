using System.Net.Sockets;
using PisaHpc.Nodes;

namespace PisaHpc.Adapters.Engines.Docker;

/// <summary>The engine's unix socket on this machine.</summary>
internal static class LocalSocket
{
    /// <summary>
    /// More than Linux gives by itself, up to net.core.wmem_max: fewer turns between us and an engine that is sent an image.
    /// </summary>
    private const int SendBytes = 1 << 20;

    /// <summary>Opens a stream to the engine.</summary>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.NodeUnreachable"/> for another machine, <see cref="ErrorId.EngineUnavailable"/>.
    /// </exception>
    public static async Task<Stream> OpenAsync(string node, string path, CancellationToken cancellationToken)
    {
        ThisMachine.Require(node);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { SendBufferSize = SendBytes };
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw SocketFailure.Of(node, path, exception);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
