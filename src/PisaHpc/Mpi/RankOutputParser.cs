using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.Mpi;

/// <summary>
/// Takes a launcher's output apart into lines by rank. Launchers put a tag before each piece they read from a rank, so a tag may stand in
/// the middle of a line, where a rank's own line was cut, and in the middle of a character; the pieces of a rank are put together until its
/// line ends, and decoded then. What comes in is <see cref="RankText"/>.
/// </summary>
/// <param name="tag">A tag, with the rank as its only group.</param>
/// <param name="run">The run's mark: after it stand words for the module, not for the user.</param>
/// <param name="line">Told of each line: the rank, or null for the launcher, and the text.</param>
/// <param name="word">
/// Told of the words after the mark in a line: the rank, or null for the launcher, and the words. False when they are none of the module's:
/// a rank may print the mark, which is in its environment.
/// </param>
/// <param name="cuts">Told of each tag and where it stands; null when nobody listens.</param>
internal sealed class RankOutputParser(
    Regex tag, string run, Action<int?, string> line, Func<int?, string[], bool> word, LostOutputDetector? cuts = null)
{
    private const int Launcher = -1;
    private const int LongestLine = 1 << 20;

    // No tag is longer, nor is a word of the module's: where something is cut here, so much of it waits for what comes.
    private const int LongestTag = 64;
    private readonly StringBuilder _arrived = new();
    private readonly Dictionary<int, StringBuilder> _pieces = [];
    private long _taken;

    // Whose line it is that is being read, when its tag was taken already because of the line's length.
    private int? _owner;

    /// <summary>Takes output as it arrives, cut anywhere.</summary>
    public void Push(ReadOnlySpan<char> text)
    {
        for (var end = text.IndexOf('\n'); end >= 0; end = text.IndexOf('\n'))
        {
            _arrived.Append(text[..end]);
            TakeArrived(_arrived.Length, ended: true);
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
        var tags = tag.Matches(text);
        var first = tags.Count == 0 ? text.Length : tags[0].Index;
        var before = text[..first];
        if (_owner is not null || tags.Count == 0 || before.Trim('\0').Length > 0)
        {
            // The launcher does not go on with its own line behind a rank's tag, as a rank may.
            Take(_owner ?? Launcher, before, tags.Count == 0 ? ended : _owner is null);
        }

        for (var i = 0; i < tags.Count; i++)
        {
            var start = tags[i].Index + tags[i].Length;
            var end = i + 1 < tags.Count ? tags[i + 1].Index : text.Length;
            var rank = int.Parse(tags[i].Groups[1].ValueSpan, CultureInfo.InvariantCulture);
            cuts?.Observe(rank, _taken + tags[i].Index, tags[i].Length, tags[i].Index > 0);
            Take(rank, text[start..end], ended && i + 1 == tags.Count);
            _owner = rank;
        }

        _owner = ended ? null : _owner;
        _taken += text.Length + (ended ? 1 : 0);
    }

    private void Take(int owner, string text, bool ended)
    {
        if (!_pieces.TryGetValue(owner, out var pieces))
        {
            _pieces[owner] = pieces = new StringBuilder();
        }

        pieces.Append(text.Replace("\0", "", StringComparison.Ordinal));
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
        line(RankOf(owner), RankText.Decode(text[..length]));
        pieces.Remove(0, length);
    }

    private void Emit(int owner, StringBuilder pieces)
    {
        var text = RankText.Decode(pieces.ToString().TrimEnd('\r'));
        pieces.Clear();
        var rank = RankOf(owner);
        var mark = text.LastIndexOf(run + ' ', StringComparison.Ordinal);
        if (mark < 0 || !word(rank, text[(mark + run.Length + 1)..].Split(' ')))
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

/// <summary>
/// The tags that launchers put before a rank's output; the rank is the only group. A rank of more than nine digits is a rank's own text.
/// </summary>
internal static partial class RankTag
{
    /// <summary>The tag of a launcher.</summary>
    /// <param name="run">The run's mark, which is part of Hydra's tag.</param>
    public static Regex Of(LauncherFacts facts, string run) => (facts.Flavour, facts.Major) switch
    {
        _ when facts.Launcher == MpiLauncher.Srun => Srun(),
        (MpiFlavour.Mpich, _) => new Regex($"<{Regex.Escape(run)}:([0-9]{{1,9}})>", RegexOptions.CultureInvariant),
        (_, >= 5) => OpenMpi5(),
        _ => OpenMpi4(),
    };

    /// <summary><c>17: text</c> at a line's begin, the rank of ten and more with blanks before it where there are longer ones.</summary>
    [GeneratedRegex(@"\A *([0-9]{1,9}): ")]
    private static partial Regex Srun();

    /// <summary><c>[1,17]&lt;stdout&gt;:text</c>: job and rank.</summary>
    [GeneratedRegex(@"\[[0-9]+,([0-9]{1,9})\]<std(?:out|err|diag)>:")]
    private static partial Regex OpenMpi4();

    /// <summary>The same with one space before the text.</summary>
    [GeneratedRegex(@"\[[0-9]+,([0-9]{1,9})\]<std(?:out|err|diag)>: ")]
    private static partial Regex OpenMpi5();
}
