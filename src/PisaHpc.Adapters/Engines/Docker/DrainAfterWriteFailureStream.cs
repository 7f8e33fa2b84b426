using PisaHpc.Nodes;

namespace PisaHpc.Adapters.Engines.Docker;

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
