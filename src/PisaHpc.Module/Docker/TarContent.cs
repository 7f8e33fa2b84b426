using System.Net;

namespace PisaHpc.Docker;

/// <summary>
/// A request's body that somebody else writes while it is sent. When the writer throws, the body stays without its end. When the engine takes
/// no more, the body is over, and the engine's answer tells why (<see cref="LastWordsStream"/>).
/// </summary>
/// <param name="write">Writes the body.</param>
/// <param name="connection">The stream below the client.</param>
internal sealed class TarContent(Func<Stream, CancellationToken, Task> write, LastWordsStream connection) : HttpContent
{
    /// <summary>Whether the body was written to its end.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>What the writer threw that was its own, and no failure of the stream that it wrote to.</summary>
    public HpcException? Failure { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        try
        {
            await write(stream, cancellationToken);
            IsWhole = true;
        }
        catch (HpcException failure)
        {
            Failure = failure;
            throw;
        }
        catch (IOException) when (connection.IsDeaf)
        {
            // The connection drops what the client still writes, the end among it.
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
