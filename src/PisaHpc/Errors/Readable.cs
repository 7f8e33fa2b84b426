using System.Collections.ObjectModel;

namespace PisaHpc.Errors;

/// <summary>
/// Lists and tables of results that are a text where only a text has room, as in a cell of a CSV or in a message. Anywhere else they are
/// what they were.
/// </summary>
internal static class Readable
{
    /// <summary>Words, one after another: names, ids, options.</summary>
    public static IReadOnlyList<T> Words<T>(IReadOnlyList<T> list) => List(list, items => string.Join(' ', items));

    /// <summary>Lines and sentences, which have blanks of their own.</summary>
    public static IReadOnlyList<T> Lines<T>(IReadOnlyList<T> list) => List(list, items => string.Join("; ", items));

    /// <summary>A list with a text of its own.</summary>
    /// <param name="text">Makes the text.</param>
    public static IReadOnlyList<T> List<T>(IReadOnlyList<T> list, Func<IEnumerable<T>, string> text) =>
        new ReadableList<T>(list as IList<T> ?? [.. list], text);

    /// <summary>Names with values, as <c>NAME=value</c>.</summary>
    public static IReadOnlyDictionary<string, string> Pairs(IReadOnlyDictionary<string, string> table) =>
        new ReadableTable(table as IDictionary<string, string> ?? table.ToDictionary());

    private sealed class ReadableList<T>(IList<T> items, Func<IEnumerable<T>, string> text) : ReadOnlyCollection<T>(items)
    {
        public override string ToString() => text(this);
    }

    private sealed class ReadableTable(IDictionary<string, string> pairs) : ReadOnlyDictionary<string, string>(pairs)
    {
        public override string ToString() => string.Join(' ', this.Select(pair => $"{pair.Key}={pair.Value}"));
    }
}
