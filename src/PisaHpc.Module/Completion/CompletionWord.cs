using System.Buffers;
using System.Management.Automation;

namespace PisaHpc.Module.Completion;

/// <summary>The word at the cursor: what it matches, and how a completed value is written in its place.</summary>
internal sealed class CompletionWord
{
    // Characters that end a bare word, or begin something else than one (about_Parsing).
    private static readonly SearchValues<char> Special = SearchValues.Create(" \t\r\n'\"`$@#&|;,(){}<>[]*?");

    private readonly char? _quote;
    private readonly string _text;
    private readonly WildcardPattern _pattern;

    /// <summary>Reads the word.</summary>
    /// <param name="word">The word as typed, with an open or closed quote or with none.</param>
    public CompletionWord(string word)
    {
        _quote = word.Length > 0 && word[0] is '\'' or '"' ? word[0] : null;
        _text = _quote is { } quote ? word.Trim(quote) : word;
        var escaped = WildcardPattern.Escape(_text)
            .Replace("`*", "*", StringComparison.Ordinal)
            .Replace("`?", "?", StringComparison.Ordinal);
        _pattern = WildcardPattern.Get(escaped + "*", WildcardOptions.IgnoreCase);
    }

    /// <summary>The word as it was typed, without quotes.</summary>
    public string Text => _text;

    /// <summary>Whether a value begins with the word, in any case; the word's * and ? are wildcards.</summary>
    public bool Matches(string value) => value.StartsWith(_text, StringComparison.OrdinalIgnoreCase) || _pattern.IsMatch(value);

    /// <summary>A value as it is written in place of the word: in the quotes typed, or in single ones where it needs them.</summary>
    public string Write(string value) => _quote switch
    {
        '"' => $"\"{Escaped(value)}\"",
        null when value.Length > 0 && !value.AsSpan().ContainsAny(Special) && value[0] != '-' => value,
        _ => $"'{value.Replace("'", "''", StringComparison.Ordinal)}'",
    };

    /// <summary>What a completer answers: those of some values that the word matches, each with what it is.</summary>
    public IEnumerable<CompletionResult> Complete(IEnumerable<CompletionCandidate> candidates) =>
    [
        .. candidates.Where(candidate => Matches(candidate.Text)).Select(candidate => new CompletionResult(
            Write(candidate.Text), candidate.Text, CompletionResultType.ParameterValue, candidate.ToolTip)),
    ];

    private static string Escaped(string value) => string.Concat(value.Select(c => c is '`' or '"' or '$' ? $"`{c}" : $"{c}"));
}

/// <summary>What is on the line that is completed.</summary>
/// <param name="Word">The word at the cursor, without quotes.</param>
/// <param name="Nodes">The values of -Node; empty when it is not there.</param>
/// <param name="Bound">All parameters that have a value there.</param>
internal sealed record CompletionLine(string Word, IReadOnlyList<string> Nodes, System.Collections.IDictionary Bound);

/// <summary>A value that an argument may have.</summary>
/// <param name="Text">The value, without quotes.</param>
/// <param name="ToolTip">What it is, in a line.</param>
internal sealed record CompletionCandidate(string Text, string ToolTip);
