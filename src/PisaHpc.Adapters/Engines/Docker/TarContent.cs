using System.Net;

namespace PisaHpc.Adapters.Engines.Docker;

/// <summary>
/// A request's body that somebody else writes while it is sent. When the writer throws, the body stays without its end. When the engine
/// takes no more, the body is over, and the engine's answer tells why (<see cref="DrainAfterWriteFailureStream"/>).
/// </summary>
/// <param name="write">Writes the body.</param>
/// <param name="connection">The stream below the client.</param>
internal sealed class TarContent(Func<Stream, CancellationToken, Task> write, DrainAfterWriteFailureStream connection) : HttpContent
{
    private const int Writing = 0;
    private const int Whole = 1;
    private const int Left = 2;
    private int _state = Writing;

    /// <summary>Whether the body was written to its end.</summary>
    public bool IsWhole => Volatile.Read(ref _state) == Whole;

    /// <summary>What the writer threw that was its own, and no failure of the stream that it wrote to.</summary>
    public HpcException? Failure { get; private set; }

    /// <summary>Leaves the body without its end; false when it has it.</summary>
    public bool TryLeave() => Interlocked.CompareExchange(ref _state, Left, Writing) != Whole;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        try
        {
            await write(stream, cancellationToken);
            if (Interlocked.CompareExchange(ref _state, Whole, Writing) == Left)
            {
                throw new OperationCanceledException("The caller left before the body's end.");
            }
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
