using System.Globalization;

namespace PisaHpc.Errors;

/// <summary>Numbers of things in messages: 1 node, 2 nodes, 1,000 nodes.</summary>
public static class Plural
{
    /// <summary>A number with its noun.</summary>
    /// <param name="noun">The noun of one of them.</param>
    public static string Of(long count, string noun) => string.Create(CultureInfo.InvariantCulture, $"{count:N0} {Noun(count, noun)}");

    /// <summary>The noun alone, where the number stands elsewhere.</summary>
    /// <param name="noun">The noun of one of them.</param>
    public static string Noun(long count, string noun) => count == 1 ? noun : noun + "s";
}
