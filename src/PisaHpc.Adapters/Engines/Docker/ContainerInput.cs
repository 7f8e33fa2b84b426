using PisaHpc.Nodes;

namespace PisaHpc.Adapters.Engines.Docker;

/// <summary>The writing half of a connection to a container's process; disposing of it is end of file.</summary>
internal sealed class ContainerInput(UpgradedStream connection) : UnseekableStream
{
    private int _ended;

    public override bool CanWrite => true;

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => _ended == 0
        ? connection.WriteAsync(buffer, cancellationToken)
        : throw new ObjectDisposedException(nameof(ContainerInput));

    public override async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _ended, 1) == 0)
        {
            await connection.EndWritingAsync();
        }

        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _ended, 1) == 0)
        {
            _ = connection.EndWritingAsync().AsTask();
        }

        base.Dispose(disposing);
    }
}
