using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace PisaHpc.BatchHooks.Slurm;

/// <summary>
/// The lines of ours in a file of the site's. Each ends in a mark with a digest of itself, by which a line that the site has changed since
/// is known for one; what a line of ours takes the place of stands before it as a comment. So taking ours out gives the file as it was,
/// byte by byte, whatever the site wrote elsewhere in it meanwhile.
/// </summary>
internal static partial class MarkedLines
{
    private const string Mark = " # PisaHpc:";
    private const string Was = "#PisaHpc was: ";

    /// <summary>A line of ours, without a line end.</summary>
    /// <param name="line">What it says.</param>
    public static string Of(string line) => $"{line}{Mark}{DigestOf(line)}";

    /// <summary>The physical lines of the site's as the comment that keeps them.</summary>
    /// <param name="lines">The lines with their ends; the last may have none.</param>
    /// <param name="lineEnd">The file's line end.</param>
    public static string Keep(string lines, string lineEnd)
    {
        var kept = string.Concat(Physical(lines).Select(line => Was + line));
        return kept.EndsWith('\n') ? kept : kept + lineEnd;
    }

    /// <summary>Adds a line of ours at the end of a text.</summary>
    /// <param name="text">The text; when its last line has no end, ours has none either.</param>
    public static string Append(string text, string line, string lineEnd) =>
        text.Length == 0 || text.EndsWith('\n') ? $"{text}{Of(line)}{lineEnd}" : $"{text}{lineEnd}{Of(line)}";

    /// <summary>Whether a text has a line of ours.</summary>
    public static bool In(string text) => Physical(text).Any(line => line.StartsWith(Was, StringComparison.Ordinal) || IsOurs(line));

    /// <summary>Takes our lines out, and puts back those whose place they took.</summary>
    /// <param name="file">The file.</param>
    /// <param name="stays">Whether the line of a key stays; null for none.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.BatchConfigurationInvalid"/>: a line of ours was changed, moved or taken out since.
    /// </exception>
    public static string TakenOut(SlurmConfFile file, Func<string, bool>? stays = null)
    {
        var text = new StringBuilder();
        var kept = new List<string>();
        var number = 0;
        foreach (var line in Physical(file.Text))
        {
            number++;
            if (line.StartsWith(Was, StringComparison.Ordinal))
            {
                kept.Add(line);
                continue;
            }

            if (!IsOurs(line))
            {
                RequireNothingKept(file, number, kept);
                text.Append(line);
                continue;
            }

            RequireUnchanged(file, number, line);
            if (stays?.Invoke(line.Split('=')[0].Trim()) == true)
            {
                text.Append(string.Concat(kept)).Append(line);
            }
            else
            {
                text.Append(string.Concat(kept.Select(was => was[Was.Length..])));
                if (!line.EndsWith('\n'))
                {
                    TrimLineEnd(text);
                }
            }

            kept.Clear();
        }

        RequireNothingKept(file, number + 1, kept);
        return text.ToString();
    }

    private static void RequireNothingKept(SlurmConfFile file, int number, List<string> kept)
    {
        if (kept.Count > 0)
        {
            throw file.Invalid(
                number - kept.Count, "the line that took this one's place is not below it any more.",
                "Take the comments '#PisaHpc was:' out by hand, with or without what stands behind them.");
        }
    }

    private static void RequireUnchanged(SlurmConfFile file, int number, string line)
    {
        var match = Ours().Match(line);
        if (match.Groups[2].Value != DigestOf(match.Groups[1].Value))
        {
            throw file.Invalid(
                number, $"{Quote.Of(match.Groups[1].Value)} is PisaHpc's and was changed since.",
                "Take it out by hand, and the mark behind it where the line shall stay.");
        }
    }

    private static void TrimLineEnd(StringBuilder text)
    {
        if (text.Length > 0 && text[^1] == '\n')
        {
            text.Length -= text.Length > 1 && text[^2] == '\r' ? 2 : 1;
        }
    }

    private static bool IsOurs(string line) => Ours().IsMatch(line);

    private static string DigestOf(string line) => Convert.ToHexStringLower(SHA256.HashData(Encoding.Latin1.GetBytes(line)))[..8];

    private static IEnumerable<string> Physical(string text)
    {
        for (var start = 0; start < text.Length;)
        {
            var end = text.IndexOf('\n', start) is >= 0 and var newline ? newline + 1 : text.Length;
            yield return text[start..end];
            start = end;
        }
    }

    [GeneratedRegex(@"\A(.*) # PisaHpc:([0-9a-f]{8})\r?\n?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Ours();
}
