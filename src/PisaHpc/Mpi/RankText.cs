using System.Text;
using PisaHpc.Nodes;

namespace PisaHpc.Mpi;

/// <summary>
/// Ranks' output before it is text: each byte is one character (Latin-1), in which marks and tags, being ASCII, are found as they are. Only
/// what belongs together is decoded, since a launcher's tag, or the end of a read, may stand within a character of UTF-8.
/// </summary>
internal static class RankText
{
    /// <summary>Reads bytes as characters, as they arrive.</summary>
    public static StreamReader Reader(Stream stream) =>
        new(new UnbufferedLineStream(stream), Encoding.Latin1, detectEncodingFromByteOrderMarks: false);

    /// <summary>The text that bytes of UTF-8 are.</summary>
    /// <param name="bytes">The bytes, each as a character.</param>
    public static string Decode(string bytes) => Ascii.IsValid(bytes) ? bytes : Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(bytes));

    /// <summary>How many bytes at the end are the beginning of a character of UTF-8.</summary>
    /// <param name="bytes">The bytes, each as a character.</param>
    public static int CutLength(ReadOnlySpan<char> bytes)
    {
        Span<byte> last = stackalloc byte[4];
        var count = Encoding.Latin1.GetBytes(bytes[^Math.Min(bytes.Length, last.Length)..], last);
        for (var length = 1; length <= count; length++)
        {
            if (Rune.DecodeFromUtf8(last[(count - length)..count], out _, out _) == System.Buffers.OperationStatus.NeedMoreData)
            {
                return length;
            }
        }

        return 0;
    }
}
