using System.IO.Enumeration;

namespace PisaHpc.HostLists;

/// <summary>
/// Host lists such as <c>o2wn[01-16,20],rack[1-2]node[01-04]-ib,login1</c>: names separated by commas or white space, where a bracket
/// holds numbers and ranges of numbers. Leading zeros give a width that is kept (<c>[098-101]</c>); several brackets in a name count
/// like an odometer, the last one fastest. It is the notation of Slurm, pdsh and ClusterShell.
/// </summary>
public static class HostList
{
    /// <summary>How many names one list may stand for: a mistyped range must not fill the memory.</summary>
    public const int MaxNames = 1_000_000;

    /// <summary>Expands a host list into its names, in the order written; a name written twice comes twice.</summary>
    /// <param name="text">The list; blank text has no names.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>, with the text and the column.</exception>
    public static IReadOnlyList<string> Expand(string text) => Expand([text]);

    /// <summary>Expands several host lists into the names of all, in the order written.</summary>
    /// <param name="texts">The lists; together they stand for at most <see cref="MaxNames"/> names.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>, with the text and the column.</exception>
    public static IReadOnlyList<string> Expand(IEnumerable<string> texts)
    {
        var names = new List<string>();
        foreach (var text in texts)
        {
            new HostListParser(text).AppendTo(names);
        }

        return names;
    }

    /// <summary>Expands a host list whose names may be patterns with * and ?, which are left for <see cref="Match"/>.</summary>
    /// <param name="text">The list, for example <c>o2wn*,login[1-2]</c>.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>, with the text and the column.</exception>
    public static IReadOnlyList<string> ExpandPatterns(string text)
    {
        var names = new List<string>();
        new HostListParser(text, allowWildcards: true).AppendTo(names);
        return names;
    }

    /// <summary>Puts the known nodes that match in the place of each pattern; names stay as they are, and each comes once.</summary>
    /// <param name="patterns">Names, and patterns with * and ?.</param>
    /// <param name="known">The nodes that the site knows, as host lists; looked at only where there is a pattern.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/> for a pattern that matches no node.</exception>
    public static IReadOnlyList<string> Match(IEnumerable<string> patterns, IEnumerable<string> known)
    {
        var nodes = new Lazy<IReadOnlyList<string>>(() => Expand(known));
        return [.. patterns
            .SelectMany(pattern => pattern.Any(HostNames.IsWildcard) ? Matches(pattern, nodes.Value) : [pattern])
            .Distinct(StringComparer.Ordinal)];
    }

    /// <summary>
    /// Folds names into one short list. <see cref="Expand(string)"/> of it gives the same names in the same order, repetitions too:
    /// only neighbours are folded, so sort the names first where their order has no meaning.
    /// </summary>
    /// <param name="names">Plain names.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/> for text that is not one name.</exception>
    public static string Fold(IEnumerable<string> names) => HostListFolder.Fold(names);

    /// <summary>
    /// Folds the nodes that something is said of, in whatever order it was found: each once, and as many as can be in one bracket. What is
    /// no host's name is named as it is.
    /// </summary>
    internal static string FoldFound(IEnumerable<string> nodes)
    {
        var sorted = SortFound(nodes);
        return sorted.All(HostNames.IsOne) ? Fold(sorted) : string.Join(',', sorted);
    }

    /// <summary>The same nodes, each once, in the order of their names and numbers.</summary>
    internal static IReadOnlyList<string> SortFound(IEnumerable<string> nodes) =>
    [
        .. nodes.Distinct(StringComparer.Ordinal)
            .OrderBy(HostNames.SortKey, StringComparer.Ordinal).ThenBy(node => node, StringComparer.Ordinal),
    ];

    /// <summary>Names of nodes that are a host list where only a text has room.</summary>
    internal static IReadOnlyList<string> Readable(IReadOnlyList<string> nodes) => Errors.Readable.List(nodes, FoldFound);

    private static List<string> Matches(string pattern, IReadOnlyList<string> nodes)
    {
        var matches = nodes.Where(node => FileSystemName.MatchesSimpleExpression(pattern, node, ignoreCase: false)).ToList();
        return matches.Count > 0 ? matches : throw new HpcException(
            ErrorId.InvalidValue,
            nodes.Count == 0
                ? $"{Quote.Of(pattern)} cannot be matched: the site definition names no nodes."
                : $"{Quote.Of(pattern)} matches no node of the site definition, which names {Plural.Of(nodes.Count, "node")}.",
            pattern,
            "Write the nodes' names, or list the site's nodes as nodes.names in the site definition.");
    }
}
