using System.Text;
using PisaHpc.Setup;

namespace PisaHpc.BatchHooks;

/// <summary>A text of a host's before and after a change; each of its bytes is a character here.</summary>
/// <param name="Path">The file, behind symbolic links.</param>
/// <param name="Before">What stands there; null for no file.</param>
/// <param name="After">What is to stand there; null for no file.</param>
internal sealed record TextChange(string Path, string? Before, string? After)
{
    /// <summary>
    /// The mode that a new file has, root's, in octal digits; null for the usual. Of one that others may not read no line of the site's
    /// is shown.
    /// </summary>
    public string? Mode { get; init; }

    /// <summary>Whether it changes anything.</summary>
    public bool Changes => Before != After;

    /// <summary>The bytes that stand there; null for no file.</summary>
    public byte[]? BytesBefore => Before is null ? null : Encoding.Latin1.GetBytes(Before);

    /// <summary>The bytes that are to stand there.</summary>
    public byte[] BytesAfter => Encoding.Latin1.GetBytes(After ?? "");

    /// <summary>The change in a few words.</summary>
    public string InWords => After is null ? $"{Path}: remove it" : Before is null ? $"{Path}: make it" : $"{Path}: change it";

    /// <summary>The lines that go and come, with those beside them; those of ours alone where others may not read the file.</summary>
    public IReadOnlyList<string> Diff()
    {
        if (Mode is [.., '0'])
        {
            return [$"--- {Path}", .. LineDiff.Of(Ours(Before), Ours(After))];
        }

        const int Around = 2;
        var lines = LineDiff.Of(Text(Before), Text(After) ?? "");
        var near = lines.Select((_, index) => Enumerable.Range(index - Around, (2 * Around) + 1)
            .Any(other => other >= 0 && other < lines.Count && !lines[other].StartsWith("  ", StringComparison.Ordinal)));
        return [$"--- {Path}", .. lines.Zip(near).Where(pair => pair.Second).Select(pair => pair.First)];
    }

    private static string Ours(string? text) => string.Join('\n', MarkedBlock.LinesIn(text ?? "") ?? []);

    private static string? Text(string? bytes) => bytes is null ? null : Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(bytes));
}
