using System.Net;
using PisaHpc.Nodes;

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

/// <summary>
/// A stream to an engine that may stop listening and say why. The first write that nobody takes fails; those that follow are dropped, so
/// that the HTTP client goes on to read what the engine said before it closed.
/// </summary>
/// <param name="inner">The stream; it is disposed of with this one.</param>
internal sealed class DrainAfterWriteFailureStream(Stream inner) : UnseekableStream
{
    /// <summary>Whether a write has failed.</summary>
    public bool IsDeaf { get; private set; }

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        inner.ReadAsync(buffer, cancellationToken);

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (IsDeaf)
        {
            return;
        }

        try
        {
            await inner.WriteAsync(buffer, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // A socket says it in one way, an ssh channel in others.
            IsDeaf = true;
            throw new IOException(exception.Message, exception);
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken) =>
        IsDeaf ? Task.CompletedTask : inner.FlushAsync(cancellationToken);

    public override async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
