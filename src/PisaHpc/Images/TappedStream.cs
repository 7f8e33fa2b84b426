namespace PisaHpc.Images;

/// <summary>A stream whose every read is seen by somebody else before the reader has it.</summary>
/// <param name="source">Where bytes come from; it stays its owner's.</param>
/// <param name="seen">Sees each read.</param>
/// <param name="failed">The failure that a read's stands for; without it, the read's own.</param>
internal sealed class TappedStream(
    Stream source, Func<ReadOnlyMemory<byte>, ValueTask> seen, Func<IOException, Exception>? failed = null) : Stream
{
    public override bool CanRead => true;

    public override bool CanWrite => false;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count;
        try
        {
            count = await source.ReadAsync(buffer, cancellationToken);
        }
        catch (IOException exception) when (failed is not null)
        {
            throw failed(exception);
        }

        await seen(buffer[..count]);
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("It is read asynchronously.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("It is read only.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("It goes forward only.");

    public override void SetLength(long value) => throw new NotSupportedException("It is read only.");
}
