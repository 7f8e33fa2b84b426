using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace PisaHpc.Mpi;

/// <summary>
/// Takes a launcher's output apart into lines by rank. Launchers put a tag before each piece they read from a rank, so a tag may stand in
/// the middle of a line, where a rank's own line was cut; the pieces of a rank are put together until its line ends.
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
    Regex tag, string run, Action<int?, string> line, Func<int?, string[], bool> word, TaggedPieceWatch? cuts = null)
{
    private const int LongestLine = 1 << 20;
    private readonly StringBuilder _arrived = new();
    private readonly Dictionary<int, StringBuilder> _pieces = [];
    private readonly StringBuilder _launcher = new();
    private long _taken;

    /// <summary>Takes text as it arrives, cut anywhere.</summary>
    public void Push(ReadOnlySpan<char> text)
    {
        for (var end = text.IndexOf('\n'); end >= 0; end = text.IndexOf('\n'))
        {
            _arrived.Append(text[..end]);
            TakeArrived(ended: true);
            text = text[(end + 1)..];
        }

        _arrived.Append(text);
        if (_arrived.Length > LongestLine)
        {
            TakeArrived(ended: true);
        }
    }

    /// <summary>Takes the end of the output: what has no line end yet is a line.</summary>
    public void Complete()
    {
        TakeArrived(ended: false);
        Flush(null, _launcher);
        foreach (var (rank, text) in _pieces.OrderBy(pair => pair.Key))
        {
            Flush(rank, text);
        }
    }

    private void TakeArrived(bool ended)
    {
        var text = _arrived.ToString();
        _arrived.Clear();
        var tags = tag.Matches(text);
        var first = tags.Count == 0 ? text.Length : tags[0].Index;
        var before = text[..first].Replace("\0", "", StringComparison.Ordinal);
        if (tags.Count == 0 || before.Length > 0)
        {
            Take(null, _launcher, before, ended || tags.Count > 0);
        }

        for (var i = 0; i < tags.Count; i++)
        {
            var start = tags[i].Index + tags[i].Length;
            var end = i + 1 < tags.Count ? tags[i + 1].Index : text.Length;
            var rank = int.Parse(tags[i].Groups[1].ValueSpan, CultureInfo.InvariantCulture);
            var whole = ended && i + 1 == tags.Count;
            cuts?.Observe(rank, _taken + tags[i].Index, tags[i].Length, tags[i].Index > 0);
            Take(rank, PiecesOf(rank), text[start..end].Replace("\0", "", StringComparison.Ordinal), whole);
        }

        _taken += text.Length + (ended ? 1 : 0);
    }

    private StringBuilder PiecesOf(int rank)
    {
        if (!_pieces.TryGetValue(rank, out var pieces))
        {
            _pieces[rank] = pieces = new StringBuilder();
        }

        return pieces;
    }

    private void Take(int? rank, StringBuilder pieces, string text, bool ended)
    {
        pieces.Append(text);
        if (ended)
        {
            Emit(rank, pieces);
        }
    }

    private void Flush(int? rank, StringBuilder pieces)
    {
        if (pieces.Length > 0)
        {
            Emit(rank, pieces);
        }
    }

    private void Emit(int? rank, StringBuilder pieces)
    {
        var text = pieces.ToString().TrimEnd('\r');
        pieces.Clear();
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
}
