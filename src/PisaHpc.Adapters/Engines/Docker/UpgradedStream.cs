using System.Net;
using System.Net.Sockets;
using PisaHpc.Nodes;

namespace PisaHpc.Adapters.Engines.Docker;

/// <summary>
/// A request after whose answer the connection is the container's: what is read and written are its bytes (Docker Engine API, "Hijacking").
/// Nobody else uses the connection. Disposing of the stream ends it.
/// </summary>
internal sealed class UpgradedStream : UnseekableStream
{
    private readonly Stream _connection;
    private readonly HttpClient _client;
    private readonly Stream _bytes;

    private UpgradedStream(Stream connection, HttpClient client, Stream bytes) =>
        (_connection, _client, _bytes) = (connection, client, bytes);

    public override bool CanRead => true;

    public override bool CanWrite => true;

    /// <summary>Sends a request that takes over its connection.</summary>
    /// <exception cref="HpcException">The ids of a refused request, and of a connection.</exception>
    public static async Task<UpgradedStream> OpenAsync(
        EngineClient engine, string path, HttpContent? body, CancellationToken cancellationToken)
    {
        var connection = await engine.OpenStreamAsync(cancellationToken);
        var client = engine.Over(connection);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(path, UriKind.Relative)) { Content = body };
            request.Headers.Connection.Add("Upgrade");
            request.Headers.Upgrade.ParseAdd("tcp");
            var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (answer.StatusCode == HttpStatusCode.SwitchingProtocols)
            {
                return new UpgradedStream(connection, client, await answer.Content.ReadAsStreamAsync(cancellationToken));
            }

            var refusal = EngineFailure.MessageOf(await answer.Content.ReadAsStringAsync(cancellationToken));
            throw EngineFailure.OfAnswer(answer.StatusCode, refusal, engine.Node);
        }
        catch
        {
            client.Dispose();
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends what is written; reading goes on.</summary>
    public async ValueTask EndWritingAsync()
    {
        switch (_connection)
        {
            case DialStdioStream dial:
                await dial.EndWritingAsync();
                break;
            case NetworkStream { Socket: { Connected: true } socket }:
                socket.Shutdown(SocketShutdown.Send);
                break;
        }
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _bytes.ReadAsync(buffer, cancellationToken);

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await _bytes.WriteAsync(buffer, cancellationToken);
        await _bytes.FlushAsync(cancellationToken);
    }

    public override async ValueTask DisposeAsync()
    {
        await _bytes.DisposeAsync();
        _client.Dispose();
        await _connection.DisposeAsync();
        await base.DisposeAsync();
    }
}
