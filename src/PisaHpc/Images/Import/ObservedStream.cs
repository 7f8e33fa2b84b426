using PisaHpc.Nodes;

namespace PisaHpc.Images.Import;

/// <summary>A stream whose every read is seen by somebody else before the reader has it.</summary>
/// <param name="source">Where bytes come from; it stays its owner's.</param>
/// <param name="seen">Sees each read; nothing at the end.</param>
/// <param name="failed">Told of a read's failure, and gives the one that it stands for or the same.</param>
internal sealed class ObservedStream(
    Stream source, Func<ReadOnlyMemory<byte>, ValueTask> seen, Func<Exception, Exception>? failed = null) : UnseekableStream
{
    public override bool CanRead => true;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count;
        try
        {
            count = await source.ReadAsync(buffer, cancellationToken);
        }
        catch (Exception exception) when (failed is not null)
        {
            var meant = failed(exception);
            if (meant == exception)
            {
                throw;
            }

            throw meant;
        }

        await seen(buffer[..count]);
        return count;
    }
}
