using System.Globalization;
using PisaHpc.HostLists;

namespace PisaHpc.Batch;

/// <summary>
/// Nodes with their slots in one word, in order, neighbours of equal size folded: <c>o2wn[01-16]*32 o2wn17*24</c>.
/// </summary>
public static class SlotMap
{
    /// <summary>How many nodes a stranger's text may name: whoever reads it goes to each of them.</summary>
    public const int MaxNodes = 16_384;

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
                words.Add(slots > 0 ? string.Create(CultureInfo.InvariantCulture, $"{HostList.Fold(run)}*{slots}") : HostList.Fold(run));
                run.Clear();
            }
        }
    }

    /// <summary>
    /// Reads what <see cref="Format"/> wrote, each node once. It may be anybody's text: words that are no host list are left out, and those
    /// that go beyond <see cref="MaxNodes"/> nodes.
    /// </summary>
    /// <param name="text">The words; one without slots names nodes that have none.</param>
    public static IReadOnlyList<AllocatedNode> NodesIn(string text)
    {
        var nodes = new Dictionary<string, AllocatedNode>(StringComparer.Ordinal);
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var star = word.LastIndexOf('*');
            var slots = star > 0 && int.TryParse(word.AsSpan(star + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? number
                : 0;
            foreach (var name in NamesIn(star > 0 ? word[..star] : word, MaxNodes - nodes.Count))
            {
                nodes.TryAdd(name, new AllocatedNode(name, slots));
            }
        }

        return [.. nodes.Values];
    }

    private static List<string> NamesIn(string list, int limit)
    {
        var names = new List<string>();
        try
        {
            new HostListParser(list, limit: limit).AppendTo(names);
            return names;
        }
        catch (HpcException)
        {
            return [];
        }
    }
}
