using System.Buffers;
using System.IO.Pipelines;

namespace PisaHpc.Images.Import;

/// <summary>A stream whose first bytes are known before it is read, in reads of any size, each of which takes much from below.</summary>
/// <param name="Head">The first <see cref="ArchiveFormat.HeadBytes"/>, or all there are.</param>
/// <param name="Whole">The stream with its head.</param>
internal sealed record PeekedStream(ReadOnlyMemory<byte> Head, Stream Whole) : IAsyncDisposable
{
    private const int BufferBytes = 256 * 1024;

    /// <summary>Looks at a stream's head.</summary>
    /// <param name="source">The stream; it stays its owner's.</param>
    public static async Task<PeekedStream> OverAsync(Stream source, CancellationToken cancellationToken)
    {
        var reader = PipeReader.Create(
            source, new StreamPipeReaderOptions(bufferSize: BufferBytes, minimumReadSize: BufferBytes / 2, leaveOpen: true));
        var first = await reader.ReadAtLeastAsync(ArchiveFormat.HeadBytes, cancellationToken);
        var head = first.Buffer.Slice(0, Math.Min(first.Buffer.Length, ArchiveFormat.HeadBytes)).ToArray();
        reader.AdvanceTo(first.Buffer.Start);
        return new PeekedStream(head, reader.AsStream());
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Whole.DisposeAsync();
}
