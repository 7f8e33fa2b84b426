using System.Runtime.CompilerServices;
using System.Text;

namespace PisaHpc.Containers.Commands;

/// <summary>
/// Takes a command's output apart at its line ends and decodes each line as a whole, so that a character of UTF-8 may come in pieces and
/// no byte decides how the others are read. What is no UTF-8 becomes U+FFFD.
/// </summary>
internal static class OutputLines
{
    /// <summary>A longer line comes in pieces of so many bytes, or a little less where a character would be cut.</summary>
    internal const int LongestLine = 1 << 20;

    private const int Chunk = 64 * 1024;

    /// <summary>Reads to the end, and gives the lines that are complete after each read; the last one may lack its line end.</summary>
    public static async IAsyncEnumerable<IReadOnlyList<string>> ReadAsync(
        Stream stream, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var bytes = new byte[LongestLine + Chunk];
        var kept = 0;
        while (await stream.ReadAsync(bytes.AsMemory(kept, Chunk), cancellationToken) is > 0 and var read)
        {
            var lines = Take(bytes.AsSpan(0, kept + read), kept, out var taken);
            kept += read - taken;
            bytes.AsSpan(taken, kept).CopyTo(bytes);
            if (lines.Count > 0)
            {
                yield return lines;
            }
        }

        if (kept > 0)
        {
            yield return [Decode(bytes.AsSpan(0, kept))];
        }
    }

    /// <param name="known">So many bytes at the beginning hold no line end.</param>
    private static List<string> Take(ReadOnlySpan<byte> bytes, int known, out int taken)
    {
        var lines = new List<string>();
        taken = 0;
        var from = known;
        while (bytes[from..].IndexOf((byte)'\n') is >= 0 and var end)
        {
            lines.Add(Decode(bytes[taken..(from + end)]));
            taken = from = from + end + 1;
        }

        if (bytes.Length - taken >= LongestLine)
        {
            var piece = bytes.Slice(taken, LongestLine);
            piece = piece[..(LongestLine - CutLength(piece))];
            lines.Add(Decode(piece));
            taken += piece.Length;
        }

        return lines;
    }

    private static string Decode(ReadOnlySpan<byte> line) => Encoding.UTF8.GetString(line is [.. var text, (byte)'\r'] ? text : line);

    /// <summary>How many bytes at the end begin a character that is not whole (RFC 3629, section 3).</summary>
    private static int CutLength(ReadOnlySpan<byte> piece)
    {
        for (var length = 1; length <= 3 && length < piece.Length; length++)
        {
            var needed = piece[^length] switch
            {
                < 0x80 => 1,
                < 0xC0 => 0,
                < 0xE0 => 2,
                < 0xF0 => 3,
                _ => 4,
            };
            if (needed > 0)
            {
                return needed > length ? length : 0;
            }
        }

        return 0;
    }
}
