using System.Text.RegularExpressions;

namespace PisaHpc.HostLists;

/// <summary>
/// What a node's name may hold: host names (RFC 1123) and the underscore that sites use. A name becomes an argument of ssh and part of file
/// names, so that it never starts with '-' or '.', and holds no slash, quote or blank.
/// </summary>
internal static partial class HostNames
{
    /// <summary>The longest name (RFC 1035, 2.3.4).</summary>
    public const int MaxLength = 253;

    /// <summary>Whether a character may stand at a place of a name.</summary>
    public static bool Allow(char c, bool isFirst) => char.IsAsciiLetterOrDigit(c) || c == '_' || (!isFirst && c is '-' or '.');

    /// <summary>Whether a character stands for others in a pattern of names.</summary>
    public static bool IsWildcard(char c) => c is '*' or '?';

    /// <summary>What names are sorted by, so that their numbers come in their order with leading zeros and without.</summary>
    public static string SortKey(string name) => Number().Replace(name, number => number.Value.PadLeft(HostRange.MaxDigits, '0'));

    /// <summary>Whether a text is one plain name.</summary>
    public static bool IsOne(string name) =>
        name.Length is > 0 and <= MaxLength && Allow(name[0], isFirst: true) && name.All(c => Allow(c, isFirst: false));

    /// <summary>Checks text that must be one plain name.</summary>
    /// <param name="source">Where it stands, for the error: a variable, a file, or "Node name".</param>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>, with the name and the column.</exception>
    public static string Validate(string name, string source = "Node name")
    {
        if (name.Length is 0 or > MaxLength)
        {
            throw new HpcException(
                ErrorId.InvalidValue, $"{source} {Quote.Of(name)}: a node's name has 1 to {MaxLength} characters.", name);
        }

        for (var at = 0; at < name.Length; at++)
        {
            if (!Allow(name[at], isFirst: at == 0))
            {
                throw new HpcException(
                    ErrorId.InvalidValue, $"{source} {Quote.Of(name)}, column {at + 1}: {Complaint(name[at], isFirst: at == 0)}.", name);
            }
        }

        return name;
    }

    /// <summary>What is wrong with a character that may not stand there.</summary>
    public static string Complaint(char c, bool isFirst) => c switch
    {
        '[' => "a single name cannot hold a bracket",
        ']' => "the bracket was never opened",
        _ when IsWildcard(c) => $"the wildcard {Quote.Of(c)} cannot stand here: write the nodes' names",
        '-' or '.' when isFirst => $"a node's name cannot start with {Quote.Of(c)}",
        _ when char.IsControl(c) => $"the control character U+{(int)c:X4} cannot be part of a node's name",
        _ => $"{Quote.Of(c)} cannot be part of a node's name",
    };

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Number();
}
