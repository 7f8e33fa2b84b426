namespace PisaHpc.Batch;

/// <summary>What the batch system granted to a job: the nodes, the slots on each, and the owner.</summary>
public sealed record HpcAllocation
{
    /// <summary>The job's id; an array element has its index in it (LSF <c>1234[5]</c>, Slurm's own id of the element).</summary>
    public required string JobId { get; init; }

    /// <summary>The batch system: the word, one of <see cref="Scheduler"/>.</summary>
    public string Scheduler => BatchSystem.ToString();

    internal Scheduler BatchSystem { get; init; }

    /// <summary>The queue or partition; null when the batch system names none.</summary>
    public string? Queue { get; init; }

    /// <summary>The user the job runs as.</summary>
    public required JobOwner Owner { get; init; }

    /// <summary>The slots of all nodes together.</summary>
    public int TotalSlots => Nodes.Sum(node => node.Slots);

    /// <summary>The nodes in the batch system's order: the first is where the job's script runs.</summary>
    public required IReadOnlyList<AllocatedNode> Nodes { get; init; }

    /// <summary>The nodes and their slots on one short line for a table: <c>o2wn[01-15]*32 o2wn16*24</c>.</summary>
    public string NodeSummary() => SlotMap.Format(Nodes);
}
