using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace PisaHpc.Errors;

/// <summary>
/// The one place where foreign text becomes part of a message: a value of a parameter, a file or a variable, and what a program or an
/// engine said. A message stays a message whatever it quotes, and nothing in it can move a terminal's cursor. The error's target has the
/// value whole.
/// </summary>
public static partial class Quote
{
    /// <summary>How many characters of a value are quoted.</summary>
    public const int ValueLength = 60;

    /// <summary>How many characters of what a program or an engine said are repeated.</summary>
    public const int WordsLength = 1000;

    /// <summary>A value in quotes; of a long one its beginning and how long it is.</summary>
    /// <param name="value">The value; null is an empty one.</param>
    public static string Of(object? value)
    {
        var text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
        return text.Length <= ValueLength
            ? $"'{Visible(text)}'"
            : string.Create(CultureInfo.InvariantCulture, $"'{Visible(Beginning(text, ValueLength))}…' ({text.Length:N0} characters)");
    }

    /// <summary>A name or path without quotes; of a long one its beginning and its end, which tell paths apart.</summary>
    /// <param name="name">The name; null is an empty one.</param>
    public static string Name(string? name)
    {
        const int Kept = (ValueLength / 2) - 1;
        return name is { Length: > ValueLength }
            ? $"{Visible(Beginning(name, Kept))}…{Visible(name[^Kept..])}"
            : Visible(name ?? "");
    }

    /// <summary>What a program or an engine said, trimmed; of a long text the beginning.</summary>
    /// <param name="text">The text; null is an empty one.</param>
    public static string Words(string? text)
    {
        var words = text?.Trim() ?? "";
        return words.Length <= WordsLength ? Visible(words, "\r\n\t") : Visible(Beginning(words, WordsLength), "\r\n\t") + "…";
    }

    /// <summary>The same in a line: whoever reads line by line, a log or a list of records, reads a line of each.</summary>
    /// <param name="text">The text; null is an empty one.</param>
    public static string OneLine(string? text) =>
        string.Join(' ', Words(text).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    /// <summary>What the platform or a package said of a failure; what it quotes, a path most often, is as short as our own.</summary>
    public static string Cause(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return Words(LongQuoted().Replace(exception.Message, quoted => $"'{Name(quoted.Groups[1].Value)}'"));
    }

    /// <summary>A pair of surrogates is one character, and is not cut in two.</summary>
    private static string Beginning(string text, int length) => text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];

    /// <summary>The text with its control characters written out.</summary>
    private static string Visible(string text, string allowed = "")
    {
        if (!text.Any(IsHidden))
        {
            return text;
        }

        var visible = new StringBuilder();
        foreach (var c in text)
        {
            visible.Append(!IsHidden(c) ? c : c switch
            {
                '\n' => @"\n",
                '\r' => @"\r",
                '\t' => @"\t",
                '\0' => @"\0",
                _ => string.Create(CultureInfo.InvariantCulture, $@"\u{(int)c:x4}"),
            });
        }

        return visible.ToString();

        bool IsHidden(char c) => char.IsControl(c) && !allowed.Contains(c, StringComparison.Ordinal);
    }

    [GeneratedRegex("'([^']{61,})'")]
    private static partial Regex LongQuoted();
}
