using PisaHpc.HostLists;

namespace PisaHpc.Batch;

/// <summary>An allocation that a person describes, outside of any batch system.</summary>
public static class ManualAllocation
{
    /// <summary>More slots than any node has: a mistyped number is found here and not at the launch.</summary>
    public const int MaxSlots = 100_000;

    /// <summary>Makes an allocation.</summary>
    /// <param name="nodes">The nodes' names, each once; the first is where the job's script would run.</param>
    /// <param name="slots">The slots of each node in the same order, or one number for all.</param>
    /// <param name="jobId">The job's id; null makes a unique one.</param>
    /// <param name="queue">The queue, for a site definition that has an environment by queue.</param>
    /// <param name="owner">The user that the job runs as.</param>
    /// <param name="time">The clock, for an id that is made.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.InvalidValue"/> for no node, a node twice, slots below 1, or numbers of nodes and slots that differ.
    /// </exception>
    public static HpcAllocation Create(
        IReadOnlyList<string> nodes, IReadOnlyList<int> slots, string? jobId, string? queue, JobOwner owner, TimeProvider time)
    {
        Check(nodes, slots);
        return new HpcAllocation
        {
            JobId = jobId is null ? JobIds.NewManual(time) : JobIds.Validate(jobId),
            BatchSystem = Scheduler.Manual,
            Queue = queue,
            Nodes = [.. nodes.Select((name, index) => NodeOf(name, slots[slots.Count == 1 ? 0 : index]))],
            Owner = owner,
        };
    }

    private static AllocatedNode NodeOf(string name, int slots) => new(HostNames.Validate(name), slots) { Cpus = slots };

    private static void Check(IReadOnlyList<string> nodes, IReadOnlyList<int> slots)
    {
        if (nodes.Count == 0)
        {
            throw Invalid("No node is named: expected names or a host list such as 'o2wn[01-02]'.", "nodes");
        }

        if (slots.Count != 1 && slots.Count != nodes.Count)
        {
            throw Invalid(
                $"{Plural.Of(slots.Count, "number")} of slots cannot be for {Plural.Of(nodes.Count, "node")} ({HostList.Fold(nodes)}): " +
                "give one number for each node, or one for all.",
                "slots");
        }

        foreach (var count in slots.Where(count => count is < 1 or > MaxSlots))
        {
            throw Invalid($"A node has 1 to {MaxSlots:N0} slots, and not {count}.", count);
        }

        if (nodes.CountBy(name => name, StringComparer.Ordinal).FirstOrDefault(pair => pair.Value > 1).Key is { } twice)
        {
            throw Invalid($"Node {twice} is named twice: give the node once, with all its slots.", twice);
        }
    }

    private static HpcException Invalid(string message, object target) =>
        new(ErrorId.InvalidValue, message, target, "Get-HpcAllocation -Node 'o2wn[01-02]' -Slot 32,24");
}
