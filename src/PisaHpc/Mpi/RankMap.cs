using PisaHpc.Batch;

namespace PisaHpc.Mpi;

/// <summary>Which rank runs on which node: in blocks, node after node, as every launcher here is told to place them.</summary>
internal sealed class RankMap
{
    private readonly int[] _ends;

    private RankMap(IReadOnlyList<AllocatedNode> blocks, int ranks, bool oversubscribed)
    {
        Blocks = blocks;
        Ranks = ranks;
        IsOversubscribed = oversubscribed;
        _ends = new int[blocks.Count];
        var end = 0;
        for (var i = 0; i < blocks.Count; i++)
        {
            _ends[i] = end += blocks[i].Slots;
        }
    }

    /// <summary>The nodes, each with the most ranks it takes: its slots, or its share when there are more ranks than slots.</summary>
    public IReadOnlyList<AllocatedNode> Blocks { get; }

    public int Ranks { get; }

    /// <summary>Whether there are more ranks than slots.</summary>
    public bool IsOversubscribed { get; }

    /// <summary>Places ranks on nodes.</summary>
    /// <param name="nodes">The nodes in order.</param>
    /// <param name="ranks">How many; null is one for each slot.</param>
    /// <param name="oversubscribe">Whether they may be more than the slots; each node then gets its share of them, by its slots.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>: more ranks than slots.</exception>
    public static RankMap Of(IReadOnlyList<AllocatedNode> nodes, int? ranks, bool oversubscribe)
    {
        var slots = nodes.Sum(node => node.Slots);
        var wanted = ranks ?? slots;
        if (wanted <= slots)
        {
            return new RankMap(nodes, wanted, oversubscribed: false);
        }

        return oversubscribe ? new RankMap(Share(nodes, slots, wanted), wanted, oversubscribed: true) : throw new HpcException(
            ErrorId.InvalidValue,
            $"{Plural.Of(wanted, "rank")} were asked for on {Plural.Of(slots, "slot")} ({SlotMap.Format(nodes)}).",
            wanted,
            "Ask for fewer ranks with -Rank, or allow more ranks than slots with -Oversubscribe.");
    }

    /// <summary>The nodes that ranks go to, each with the number of its own.</summary>
    public IEnumerable<AllocatedNode> Places => Blocks
        .Select((block, index) => block with { Slots = Math.Min(_ends[index], Ranks) - Math.Min(_ends[index] - block.Slots, Ranks) })
        .Where(place => place.Slots > 0);

    /// <summary>Whether the first node has more ranks than CPUs: those that wait for a message burn one, which others need.</summary>
    /// <param name="cpus">The CPUs that they may use.</param>
    public bool IsCrowded(int cpus) => Math.Min(Blocks[0].Slots, Ranks) > cpus;

    /// <summary>The node of a rank; the first node for a rank beyond the last, which only a launcher's own mistake can name.</summary>
    public string NodeOf(int rank)
    {
        var index = Array.BinarySearch(_ends, rank + 1);
        index = index < 0 ? ~index : index;
        return Blocks[index < Blocks.Count ? index : 0].Name;
    }

    private static AllocatedNode[] Share(IReadOnlyList<AllocatedNode> nodes, int slots, int ranks)
    {
        var shares = nodes.Select(node => node with { Slots = (int)((long)ranks * node.Slots / slots) }).ToArray();
        var left = ranks - shares.Sum(node => node.Slots);
        for (var i = 0; i < left; i++)
        {
            shares[i] = shares[i] with { Slots = shares[i].Slots + 1 };
        }

        return shares;
    }
}
