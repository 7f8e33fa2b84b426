using System.Globalization;
using System.Text.RegularExpressions;

namespace PisaHpc.BatchHooks.Slurm;

/// <summary>
/// A file of slurm.conf(5), read as Slurm reads it: a comment ends a line first, then a backslash continues it; a logical line has one key
/// and its value, or is an Include, which begins in the first column (Slurm, src/common/parse_config.c). Each byte of the file is a
/// character here, whatever its encoding.
/// </summary>
/// <param name="Path">The file.</param>
/// <param name="Text">Its bytes as Latin-1.</param>
internal sealed partial record SlurmConfFile(string Path, string Text)
{
    // C's, and no others: a byte of some other encoding is no blank.
    private static readonly char[] Blanks = [' ', '\t', '\r', '\n', '\f', '\v'];

    /// <summary>Keys whose lines have more keys after the first: a record of their own.</summary>
    private static readonly HashSet<string> Records = new(StringComparer.OrdinalIgnoreCase)
    {
        "NodeName", "PartitionName", "DownNodes", "NodeSet", "FrontendName", "Switches", "SwitchName",
    };

    /// <summary>The line end that the file's first line has.</summary>
    public string LineEnd => Text.IndexOf('\n', StringComparison.Ordinal) is > 0 and var end && Text[end - 1] == '\r' ? "\r\n" : "\n";

    /// <summary>The logical lines that say something, in order.</summary>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.BatchConfigurationInvalid"/> for a line that Slurm would not understand.
    /// </exception>
    public IReadOnlyList<SlurmConfLine> Lines() => [.. LogicalLines().Select(Read).OfType<SlurmConfLine>()];

    /// <summary>Makes the failure that names the file and a line of it.</summary>
    /// <param name="number">The line's number.</param>
    /// <param name="problem">What is wrong there.</param>
    /// <param name="recommendedAction">What to do; null for the usual.</param>
    public HpcException Invalid(int number, string problem, string? recommendedAction = null) => new(
        ErrorId.BatchConfigurationInvalid,
        string.Create(CultureInfo.InvariantCulture, $"{Path}, line {number}: {problem}"),
        Path,
        recommendedAction);

    private IEnumerable<(int Number, int Start, int End, string Content)> LogicalLines()
    {
        var (start, number, first, content) = (0, 0, 0, "");
        var begin = 0;
        while (start < Text.Length)
        {
            number++;
            if (content.Length == 0 && first == 0)
            {
                (begin, first) = (start, number);
            }

            var end = Text.IndexOf('\n', start) is >= 0 and var newline ? newline + 1 : Text.Length;
            var (kept, continues) = WithoutContinuation(WithoutComment(Text[start..end]));
            content += kept;
            start = end;
            if (continues && end == Text.Length)
            {
                throw Invalid(number, "the file ends with a line that is to be continued.");
            }

            if (!continues)
            {
                yield return (first, begin, end, content);
                (content, first) = ("", 0);
            }
        }
    }

    /// <summary>An octothorpe begins a comment unless an odd number of backslashes stands before it.</summary>
    private static string WithoutComment(string line)
    {
        var backslashes = 0;
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] == '#' && backslashes % 2 == 0)
            {
                return line[..i];
            }

            backslashes = line[i] == '\\' ? backslashes + 1 : 0;
        }

        return line;
    }

    private static (string Kept, bool Continues) WithoutContinuation(string line)
    {
        var trimmed = line.TrimEnd(Blanks);
        var backslashes = trimmed.Length - trimmed.TrimEnd('\\').Length;
        return backslashes % 2 == 1 ? (trimmed[..^1], true) : (line, false);
    }

    private SlurmConfLine? Read((int Number, int Start, int End, string Content) line)
    {
        if (line.Content.Trim(Blanks).Length == 0)
        {
            return null;
        }

        if (IncludeLine().Match(line.Content) is { Success: true } include)
        {
            return new SlurmConfLine(this, line.Number, line.Start, line.End, SlurmConfLine.Include, include.Groups[1].Value);
        }

        if (KeyValue().Match(line.Content) is not { Success: true } pair)
        {
            throw Invalid(line.Number, $"{Quote.Of(line.Content.Trim(Blanks))} is neither KEY=VALUE nor an Include.");
        }

        var (key, quoted) = (pair.Groups[1].Value, pair.Groups[4]);
        if (!Records.Contains(key) && line.Content[(pair.Groups[3].Index + pair.Groups[3].Length)..].Trim(Blanks) is { Length: > 0 } rest)
        {
            throw Invalid(line.Number, $"{Quote.Of(rest)} is left over after {key}: Slurm takes one key a line.");
        }

        return new SlurmConfLine(
            this, line.Number, line.Start, line.End, key, quoted.Success ? quoted.Value : pair.Groups[3].Value)
        {
            Operator = pair.Groups[2].Value,
        };
    }

    [GeneratedRegex(@"\Ainclude[ \t\r\n\f\v]+([^ \t\r\n\f\v]+)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex IncludeLine();

    [GeneratedRegex(
        @"\A[ \t\r\n\f\v]*([A-Za-z0-9_.]+)[ \t\r\n\f\v]*([-*+/]?)=[ \t\r\n\f\v]*(""([^""]*)""|[^ \t\r\n\f\v]+)(?=[ \t\r\n\f\v]|\z)",
        RegexOptions.CultureInvariant)]
    private static partial Regex KeyValue();
}

/// <summary>A logical line of slurm.conf(5) that says something.</summary>
/// <param name="File">Its file.</param>
/// <param name="Number">The number of its first physical line.</param>
/// <param name="Start">Where it begins in the file.</param>
/// <param name="End">Where it ends, behind its line end.</param>
/// <param name="Key">The key as it is written there.</param>
/// <param name="Value">The value without quotes, or the path of an Include.</param>
internal sealed record SlurmConfLine(SlurmConfFile File, int Number, int Start, int End, string Key, string Value)
{
    /// <summary>The word that stands as the key of an Include.</summary>
    public const string Include = "Include";

    /// <summary>What stands before the equals sign: a plus and the like; empty for a plain value.</summary>
    public string Operator { get; init; } = "";

    /// <summary>Whether it is an Include.</summary>
    public bool IsInclude => Key == Include;

    /// <summary>The physical lines, with their line ends.</summary>
    public string Text => File.Text[Start..End];

    /// <summary>Makes the failure that names file and line.</summary>
    public HpcException Invalid(string problem, string? recommendedAction = null) => File.Invalid(Number, problem, recommendedAction);
}
