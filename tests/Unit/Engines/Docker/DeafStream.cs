using PisaHpc.Nodes;

namespace PisaHpc.Unit.Engines.Docker;

/// <summary>A stream whose writes nobody takes any more once it is deaf; what is read is not touched.</summary>
internal sealed class DeafStream(Stream inner) : UnseekableStream
{
    public bool IsDeaf { get; set; }

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        inner.ReadAsync(buffer, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        IsDeaf ? ValueTask.FromException(new IOException("nobody reads")) : inner.WriteAsync(buffer, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
