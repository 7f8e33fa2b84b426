using System.Text;
using PisaHpc.Nodes;

namespace PisaHpc.Mpi;

/// <summary>
/// Takes a launcher's output apart into lines by rank. Launchers put a tag before each piece they read from a rank, so a tag may stand in
/// the middle of a line, where a rank's own line was cut, and in the middle of a character; the pieces of a rank are put together until its
/// line ends, and decoded then. What comes in is <see cref="RankText"/>.
/// </summary>
/// <param name="tag">The launcher's tag.</param>
/// <param name="run">The run's mark: after it stand words for the module, not for the user.</param>
/// <param name="line">Told of each line: the rank, or null for the launcher, and the text.</param>
/// <param name="word">
/// Told of the words after the mark in a line: the rank, or null for the launcher, and the words. False when they are none of the module's:
/// a rank may print the mark, which is in its environment.
/// </param>
/// <param name="cuts">Told of each tag and where it stands; null when nobody listens.</param>
internal sealed class RankOutputParser(
    RankTag tag, string run, Action<int?, string> line, Func<int?, string[], bool> word, LostOutputDetector? cuts = null)
{
    private const int Launcher = -1;
    private const int LongestLine = 1 << 20;

    // No tag is longer, nor is a word of the module's: where something is cut here, so much of it waits for what comes.
    private const int LongestTag = 64;
    private readonly string _mark = run + ' ';
    private readonly StringBuilder _arrived = new();
    private readonly Dictionary<int, StringBuilder> _pieces = [];
    private long _taken;

    // Whose line it is that is being read, when its tag was taken already because of the line's length.
    private int? _owner;

    /// <summary>Takes output as it arrives, cut anywhere. A line that came whole is copied once, into its text.</summary>
    public void Push(ReadOnlySpan<char> text)
    {
        for (var end = text.IndexOf('\n'); end >= 0; end = text.IndexOf('\n'))
        {
            if (_arrived.Length == 0)
            {
                TakePart(text[..end], ended: true);
            }
            else
            {
                _arrived.Append(text[..end]);
                TakeArrived(_arrived.Length, ended: true);
            }

            text = text[(end + 1)..];
        }

        _arrived.Append(text);
        if (_arrived.Length > LongestLine)
        {
            TakeArrived(_arrived.Length - LongestTag, ended: false);
        }
    }

    /// <summary>Takes the end of the output: what has no line end yet is a line.</summary>
    public void Complete()
    {
        TakeArrived(_arrived.Length, ended: false);
        foreach (var (rank, pieces) in _pieces.OrderBy(pair => pair.Key).Where(pair => pair.Value.Length > 0))
        {
            Emit(rank, pieces);
        }
    }

    private void TakeArrived(int length, bool ended)
    {
        var text = _arrived.ToString(0, length);
        _arrived.Remove(0, length);
        TakePart(text, ended);
    }

    private void TakePart(ReadOnlySpan<char> text, bool ended)
    {
        var isTagged = tag.TryFind(text, 0, out var found);
        var before = isTagged ? text[..found.Index] : text;
        if (_owner is not null || !isTagged || before.Trim('\0').Length > 0)
        {
            // The launcher does not go on with its own line behind a rank's tag, as a rank may.
            Take(_owner ?? Launcher, before, isTagged ? _owner is null : ended);
        }

        while (isTagged)
        {
            var (index, length, rank) = found;
            isTagged = tag.TryFind(text, index + length, out found);
            cuts?.Observe(rank, _taken + index, length, index > 0);
            Take(rank, text[(index + length)..(isTagged ? found.Index : text.Length)], ended && !isTagged);
            _owner = rank;
        }

        _owner = ended ? null : _owner;
        _taken += text.Length + (ended ? 1 : 0);
    }

    private void Take(int owner, ReadOnlySpan<char> text, bool ended)
    {
        if (text.Contains('\0'))
        {
            text = text.ToString().Replace("\0", "", StringComparison.Ordinal);
        }

        if (!_pieces.TryGetValue(owner, out var pieces))
        {
            _pieces[owner] = pieces = new StringBuilder();
        }

        if (ended && pieces.Length == 0)
        {
            Emit(owner, text);
            return;
        }

        pieces.Append(text);
        if (ended)
        {
            Emit(owner, pieces);
        }
        else if (pieces.Length > LongestLine)
        {
            EmitBeginning(owner, pieces);
        }
    }

    private void EmitBeginning(int owner, StringBuilder pieces)
    {
        var text = pieces.ToString(0, pieces.Length - LongestTag);
        var length = text.Length - RankText.CutLength(text);
        line(RankOf(owner), RankText.Decode(text.AsSpan(0, length)));
        pieces.Remove(0, length);
    }

    private void Emit(int owner, StringBuilder pieces)
    {
        var text = pieces.ToString();
        pieces.Clear();
        Emit(owner, text);
    }

    private void Emit(int owner, ReadOnlySpan<char> bytes)
    {
        var text = RankText.Decode(bytes.TrimEnd('\r'));
        var rank = RankOf(owner);
        var mark = text.AsSpan().LastIndexOf(_mark);
        if (mark < 0 || !word(rank, text[(mark + _mark.Length)..].Split(' ')))
        {
            line(rank, text);
        }
        else if (mark > 0)
        {
            line(rank, text[..mark]);
        }
    }

    private static int? RankOf(int owner) => owner == Launcher ? null : owner;
}

/// <summary>
/// Ranks' output before it is text: each byte is one character (Latin-1), in which marks and tags, being ASCII, are found as they are. Only
/// what belongs together is decoded, since a launcher's tag, or the end of a read, may stand within a character of UTF-8.
/// </summary>
internal static class RankText
{
    /// <summary>
    /// How many bytes are taken at a time where so many are there. What is taken goes through the pipeline as one: by the reader's own
    /// kilobyte, much output would be a change of threads for every ten lines.
    /// </summary>
    public const int Block = 64 * 1024;

    /// <summary>Reads bytes as characters, as they arrive.</summary>
    public static StreamReader Reader(Stream stream) =>
        new(new UnbufferedLineStream(stream), Encoding.Latin1, detectEncodingFromByteOrderMarks: false, Block);

    /// <summary>The text that bytes of UTF-8 are.</summary>
    /// <param name="bytes">The bytes, each as a character.</param>
    public static string Decode(ReadOnlySpan<char> bytes)
    {
        var text = bytes.ToString();
        return Ascii.IsValid(bytes) ? text : Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(text));
    }

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
