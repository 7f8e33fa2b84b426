using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;

namespace PisaHpc.Images.Import;

/// <summary>What the first bytes of an archive say of it.</summary>
public static class ArchiveFormat
{
    /// <summary>How many bytes are looked at: a header of a tar.</summary>
    public const int HeadBytes = 512;

    /// <summary>The one that .NET unpacks itself.</summary>
    public const string Gzip = "gzip";

    private const int ChecksumAt = 148;
    private const int ChecksumBytes = 8;

    /// <summary>The program that it was compressed with.</summary>
    /// <param name="head">The first bytes.</param>
    /// <returns>gzip, bzip2, xz or zstd; null for anything else, a plain tar among it.</returns>
    public static string? CompressorOf(ReadOnlySpan<byte> head) =>
        head.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]) ? Gzip // RFC 1952
        : head.StartsWith("BZh"u8) ? "bzip2"
        : head.StartsWith((ReadOnlySpan<byte>)[0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0]) ? "xz" // the .xz file format, 2.1.1.1
        : head.Length >= sizeof(uint) && IsZstandard(BinaryPrimitives.ReadUInt32LittleEndian(head)) ? "zstd"
        : null;

    /// <summary>Whether it begins with a tar's header: its checksum says so, with or without a magic word (tar(5)).</summary>
    /// <param name="head">The first bytes.</param>
    public static bool IsTar(ReadOnlySpan<byte> head)
    {
        if (head.Length < HeadBytes)
        {
            return false;
        }

        var sum = ChecksumBytes * ' ';
        foreach (var value in head[..ChecksumAt])
        {
            sum += value;
        }

        foreach (var value in head[(ChecksumAt + ChecksumBytes)..HeadBytes])
        {
            sum += value;
        }

        return sum == Octal(head.Slice(ChecksumAt, ChecksumBytes));
    }

    /// <summary>A frame, or a skippable frame before it (RFC 8878, 3.1).</summary>
    private static bool IsZstandard(uint magic) => magic == 0xfd2fb528 || (magic & 0xfffffff0) == 0x184d2a50;

    private static int Octal(ReadOnlySpan<byte> text)
    {
        var number = 0;
        foreach (var digit in text.Trim((ReadOnlySpan<byte>)[(byte)' ', 0]))
        {
            if (digit is < (byte)'0' or > (byte)'7')
            {
                return -1;
            }

            number = (number * 8) + digit - '0';
        }

        return number;
    }
}

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
