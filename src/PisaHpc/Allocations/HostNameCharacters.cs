namespace PisaHpc.Allocations;

/// <summary>
/// What a node's name may hold: host names (RFC 1123) and the underscore that sites use. A name becomes an argument of ssh and part of file
/// names, so that it never starts with '-' or '.', and holds no slash, quote or blank.
/// </summary>
internal static class HostNameCharacters
{
    /// <summary>The longest name (RFC 1035, 2.3.4).</summary>
    public const int MaxLength = 253;

    /// <summary>Whether a character may stand at a place of a name.</summary>
    public static bool Allow(char c, bool isFirst) => char.IsAsciiLetterOrDigit(c) || c == '_' || (!isFirst && c is '-' or '.');

    /// <summary>What is wrong with a character that may not stand there.</summary>
    public static string Complaint(char c, bool isFirst) => c switch
    {
        ']' => "the bracket was never opened",
        '*' or '?' => $"the wildcard '{c}' cannot be matched: write the nodes' names",
        '-' or '.' when isFirst => $"a node's name cannot start with '{c}'",
        _ when char.IsControl(c) => $"the control character U+{(int)c:X4} cannot be part of a node's name",
        _ => $"'{c}' cannot be part of a node's name",
    };
}
