namespace PisaHpc.Nodes;

/// <summary>A stream that goes forward only and moves bytes asynchronously: all that .NET wants to be said of it besides.</summary>
internal abstract class UnseekableStream : Stream
{
    public override bool CanRead => false;

    public override bool CanWrite => false;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException("It goes forward only.");

    public override long Position
    {
        get => throw new NotSupportedException("It goes forward only.");
        set => throw new NotSupportedException("It goes forward only.");
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("It is written only.");

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("It is read only.");

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("It is read asynchronously.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("It is written asynchronously.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("It goes forward only.");

    public override void SetLength(long value) => throw new NotSupportedException("It goes forward only.");
}

/// <summary>
/// A stream to be read as it arrives. When a read fills its buffer StreamReader reads on before it gives anything, and what is complete by
/// chance at just that byte waits for more, which may never come: here no read fills the buffer.
/// </summary>
internal sealed class UnbufferedLineStream(Stream inner) : UnseekableStream
{
    public override bool CanRead => true;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        inner.ReadAsync(buffer[..^1], cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
