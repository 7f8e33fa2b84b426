using System.Globalization;

namespace PisaHpc.Allocations;

/// <summary>
/// Nodes with their slots in one word, in order, neighbours of equal size folded: <c>o2wn[01-16]*32 o2wn17*24</c>.
/// </summary>
public static class SlotMap
{
    /// <summary>Writes nodes as one word for each run of equal slots.</summary>
    /// <param name="nodes">The nodes in order.</param>
    public static string Format(IEnumerable<AllocatedNode> nodes)
    {
        var words = new List<string>();
        var run = new List<string>();
        var slots = 0;
        foreach (var node in nodes)
        {
            if (node.Slots != slots)
            {
                Close();
                slots = node.Slots;
            }

            run.Add(node.Name);
        }

        Close();
        return string.Join(' ', words);

        void Close()
        {
            if (run.Count > 0)
            {
                words.Add(string.Create(CultureInfo.InvariantCulture, $"{HostList.Fold(run)}*{slots}"));
                run.Clear();
            }
        }
    }

    /// <summary>Reads what <see cref="Format"/> wrote.</summary>
    /// <param name="text">The words.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/> for a word without a slot count.</exception>
    public static IReadOnlyList<AllocatedNode> Parse(string text) =>
        [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).SelectMany(ParseWord)];

    /// <summary>The nodes' names alone; words that are no host list are left out, since a lease may be anybody's.</summary>
    /// <param name="text">The words, with or without slots.</param>
    public static IReadOnlyList<string> NamesIn(string text) => [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).SelectMany(NamesInWord)];

    private static IReadOnlyList<string> NamesInWord(string word)
    {
        var star = word.LastIndexOf('*');
        try
        {
            return HostList.Expand(star > 0 ? word[..star] : word);
        }
        catch (HpcException)
        {
            return [];
        }
    }

    private static IEnumerable<AllocatedNode> ParseWord(string word)
    {
        var star = word.LastIndexOf('*');
        return star > 0 && int.TryParse(word.AsSpan(star + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var slots) && slots > 0
            ? HostList.Expand(word[..star]).Select(name => new AllocatedNode(name, slots))
            : throw new HpcException(ErrorId.InvalidValue, $"'{word}' is not a host list with its slots, such as o2wn[01-02]*32.", word);
    }
}
