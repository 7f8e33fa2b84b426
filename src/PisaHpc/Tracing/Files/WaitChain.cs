using System.Globalization;

namespace PisaHpc.Tracing.Files;

/// <summary>
/// What the whole waited for: back from its end, each time the phase that ended last before the next one began. Making any other phase
/// shorter would have gained nothing.
/// </summary>
internal sealed class WaitChain
{
    /// <summary>The time between two phases of a node that follow each other is less.</summary>
    private static readonly TimeSpan Chance = TimeSpan.FromMilliseconds(5);

    private WaitChain(IReadOnlyList<HpcPhase> leaves, IReadOnlyList<HpcPhase> links) => (Leaves, Links) = (leaves, links);

    /// <summary>The phases that consist of no others, in the order in which they began.</summary>
    public IReadOnlyList<HpcPhase> Leaves { get; }

    /// <summary>Those that were waited for, the first first.</summary>
    public IReadOnlyList<HpcPhase> Links { get; }

    /// <summary>The one that was waited for longest; null where there are none.</summary>
    public HpcPhase? Longest => Links.MaxBy(link => link.TookSec);

    /// <summary>Finds it.</summary>
    /// <param name="phases">A trace; requests are passed over.</param>
    public static WaitChain Of(IEnumerable<HpcPhase> phases)
    {
        var all = phases.Where(phase => !phase.IsRequest).ToList();
        var leaves = LeavesOf(all).OrderBy(phase => phase.StartedAt).ToList();
        var links = new List<HpcPhase>();
        for (var link = leaves.MaxBy(leaf => (leaf.EndedAt, leaf.TookSec)); link is not null; link = BeforeOf(leaves, link))
        {
            links.Add(link);
        }

        links.Reverse();
        return new WaitChain(leaves, links);
    }

    /// <summary>In words: the longest of them, with its share of the whole, and what the other nodes needed for the same.</summary>
    /// <param name="wholeSec">How long the whole took.</param>
    public string WordsOf(double wholeSec)
    {
        if (Longest is not { } longest)
        {
            return "Nothing was waited for.";
        }

        var share = wholeSec > 0 ? longest.TookSec / wholeSec * 100 : 100;
        var where = longest.Node is null ? "" : $"{longest.Node}: ";
        var words = Text($"{where}{longest.Words}, {longest.TookSec:0.000} s of {wholeSec:0.000} s ({share:0} %)");
        var others = OthersFor(longest);
        return others.Count == 0
            ? $"{words}."
            : words + Text($"; the other nodes took {others[others.Count / 2]:0.000} s for it in the median.");
    }

    /// <summary>
    /// What ended last before a phase began; the node's own phase, where another node's ended no more than by chance after that.
    /// </summary>
    private static HpcPhase? BeforeOf(IReadOnlyList<HpcPhase> leaves, HpcPhase link)
    {
        HpcPhase? last = null;
        HpcPhase? own = null;
        foreach (var leaf in leaves.Where(leaf => leaf.EndedAt <= link.StartedAt && leaf.StartedAt < link.StartedAt))
        {
            last = last is null || leaf.EndedAt > last.EndedAt ? leaf : last;
            own = leaf.Node == link.Node && (own is null || leaf.EndedAt > own.EndedAt) ? leaf : own;
        }

        return last?.Node is not null && own is not null && last.EndedAt - own.EndedAt <= Chance ? own : last;
    }

    /// <summary>What the other nodes took for a node's phase, the shortest time first.</summary>
    private List<double> OthersFor(HpcPhase phase) =>
    [
        .. Leaves.Where(leaf => phase.Node is not null && leaf.Phase == phase.Phase && leaf.Node is not null && leaf.Node != phase.Node)
            .Select(leaf => leaf.TookSec)
            .Order(),
    ];

    /// <summary>
    /// What is waited for by itself. A phase of whose time its parts make less than half is, as a pull is that ends with giving the image
    /// its name, and its parts are not.
    /// </summary>
    private static IEnumerable<HpcPhase> LeavesOf(List<HpcPhase> phases)
    {
        var byNode = phases.ToLookup(phase => phase.Node);
        var withParts = phases.Select(phase =>
            (Phase: phase, Parts: (phase.Node is null ? phases : byNode[phase.Node]).Where(part => IsPartOf(part, phase)).ToList()));
        var leaves = withParts.Where(one => one.Parts is [] || one.Parts.Sum(part => part.TookSec) < one.Phase.TookSec / 2).ToList();
        var passedOver = leaves.Where(leaf => leaf.Phase.Node is not null).SelectMany(leaf => leaf.Parts)
            .ToHashSet(ReferenceEqualityComparer.Instance);
        return leaves.Select(leaf => leaf.Phase).Where(phase => !passedOver.Contains(phase));
    }

    /// <summary>
    /// Of two that took the same time the later one of the enumeration is the part: wholes stand before their parts. Containers and keys
    /// are removed beside each other, and neither is a part.
    /// </summary>
    private static bool IsPartOf(HpcPhase part, HpcPhase whole) =>
        !ReferenceEquals(part, whole)
        && whole.Phase is not (nameof(Tracing.Phase.RemoveContainers) or nameof(Tracing.Phase.RemoveAccess))
        && part.StartedAt >= whole.StartedAt
        && part.EndedAt <= whole.EndedAt
        && (part.StartedAt > whole.StartedAt || part.EndedAt < whole.EndedAt || OrderOf(part) > OrderOf(whole));

    private static int OrderOf(HpcPhase phase) => Enum.TryParse<Phase>(phase.Phase, out var known) ? (int)known : int.MaxValue;

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
