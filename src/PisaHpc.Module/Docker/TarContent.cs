using System.Net;

namespace PisaHpc.Docker;

/// <summary>A request's body that somebody else writes while it is sent. When the writer throws, the body stays without its end.</summary>
/// <param name="write">Writes the body.</param>
internal sealed class TarContent(Func<Stream, CancellationToken, Task> write) : HttpContent
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
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
