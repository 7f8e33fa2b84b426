namespace PisaHpc.Nodes;

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
