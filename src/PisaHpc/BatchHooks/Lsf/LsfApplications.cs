using System.Globalization;
using System.Text.RegularExpressions;

namespace PisaHpc.BatchHooks.Lsf;

/// <summary>
/// The sections of an lsb.applications(5), as far as one has to know them to put others behind them. A file that another one includes is
/// not read.
/// </summary>
/// <param name="Sections">The application profiles, in order.</param>
internal sealed partial record LsfApplications(IReadOnlyList<LsfSection> Sections)
{
    /// <summary>Reads them.</summary>
    /// <param name="path">The file, for the failure.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.BatchConfigurationInvalid"/>: a section, or a condition, is not closed.
    /// </exception>
    public static LsfApplications Parse(string path, string text)
    {
        var sections = new List<LsfSection>();
        LsfSection? open = null;
        var conditions = new Stack<int>();
        foreach (var (number, line) in Lines(text))
        {
            if (Condition().Match(line) is { Success: true } condition)
            {
                Count(conditions, condition.Groups[1].Value, path, number);
            }
            else if (line.StartsWith('#'))
            {
                continue;
            }
            else if (Edge().Match(line) is { Success: true } edge)
            {
                var isBegin = edge.Groups[1].Value.Equals("Begin", StringComparison.OrdinalIgnoreCase);
                if (isBegin == open is not null)
                {
                    throw Invalid(
                        path, number, isBegin ? $"the section of line {open!.Line} is not closed before." : "no section is open.");
                }

                open = isBegin ? new LsfSection(number, new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)) : null;
            }
            else if (open is not null && Setting().Match(line) is { Success: true } setting)
            {
                if (open.Settings.Count == 0)
                {
                    sections.Add(open);
                }

                open.Settings[setting.Groups[1].Value] = setting.Groups[2].Value.Trim();
            }
        }

        return open is not null ? throw Invalid(path, open.Line, "the section that begins there is not closed.")
            : conditions.TryPeek(out var line0) ? throw Invalid(path, line0, "the condition that begins there is not closed.")
            : new LsfApplications(sections);
    }

    /// <summary>The profile of a name; null for none.</summary>
    public LsfSection? Find(string name) => Sections.LastOrDefault(section => section.Name == name);

    /// <summary>Makes the failure that names file and line.</summary>
    public static HpcException Invalid(string path, int line, string problem) => new(
        ErrorId.BatchConfigurationInvalid, string.Create(CultureInfo.InvariantCulture, $"{path}, line {line}: {problem}"), path);

    private static void Count(Stack<int> conditions, string word, string path, int number)
    {
        if (word == "if")
        {
            conditions.Push(number);
        }
        else if (word == "endif" && !conditions.TryPop(out _))
        {
            throw Invalid(path, number, "no condition is open.");
        }
    }

    /// <summary>The lines, of which a backslash continues one.</summary>
    private static IEnumerable<(int Number, string Line)> Lines(string text)
    {
        var (number, begun, kept) = (0, 0, "");
        foreach (var line in text.Split('\n').Select(line => line.Trim()))
        {
            number++;
            begun = kept.Length == 0 ? number : begun;
            if (line.EndsWith('\\'))
            {
                kept += line[..^1];
                continue;
            }

            yield return (begun, (kept + line).Trim());
            kept = "";
        }
    }

    [GeneratedRegex(@"\A#(if|ifdef|endif)\b", RegexOptions.CultureInvariant)]
    private static partial Regex Condition();

    [GeneratedRegex(@"\A(Begin|End)\s+Application\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Edge();

    [GeneratedRegex(@"\A([A-Za-z_]\w*)\s*=([^#]*)", RegexOptions.CultureInvariant)]
    private static partial Regex Setting();
}

/// <summary>An application profile.</summary>
/// <param name="Line">The number of the line that begins it.</param>
/// <param name="Settings">What it sets, by key in any case.</param>
internal sealed record LsfSection(int Line, Dictionary<string, string> Settings)
{
    /// <summary>Its name; empty for none.</summary>
    public string Name => this["NAME"];

    /// <summary>A value; empty for none.</summary>
    public string this[string key] => Settings.GetValueOrDefault(key, "");

    /// <summary>A number; null for none, and for what is no number.</summary>
    public int? Number(string key) =>
        int.TryParse(this[key], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
