using System.Text.RegularExpressions;

namespace PisaHpc.Nodes;

/// <summary>The names of environment variables that every shell hands on (POSIX.1-2017, 8.1).</summary>
internal static partial class VariableName
{
    /// <summary>What such a name is, to its end.</summary>
    public const string Pattern = "^[A-Za-z_][A-Za-z0-9_]*$";

    /// <summary>Whether it is one.</summary>
    public static bool IsOne(string name) => !name.EndsWith('\n') && Form().IsMatch(name);

    [GeneratedRegex(Pattern)]
    private static partial Regex Form();
}
