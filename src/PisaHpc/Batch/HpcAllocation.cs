using PisaHpc.HostLists;

namespace PisaHpc.Batch;

/// <summary>What the batch system granted to a job: the nodes, the slots on each, and the owner.</summary>
public sealed record HpcAllocation
{
    /// <summary>The job's id; an array element has its index in it (LSF <c>1234[5]</c>, Slurm's own id of the element).</summary>
    public required string JobId { get; init; }

    /// <summary>The batch system: the word, one of <see cref="Scheduler"/>.</summary>
    public string Scheduler => BatchSystem.ToString();

    internal Scheduler BatchSystem { get; init; }

    /// <summary>
    /// The batch system's own name of its cluster: a job's id means something only with it. Null when it was not told.
    /// </summary>
    public string? Cluster { get; init; }

    /// <summary>The queue or partition; null when the batch system names none.</summary>
    public string? Queue { get; init; }

    /// <summary>
    /// How often the job was started anew, by which a requeued job's runs are told apart; null when the batch system does not say.
    /// </summary>
    public int? RestartCount { get; init; }

    /// <summary>The user the job runs as.</summary>
    public required JobOwner Owner { get; init; }

    /// <summary>The slots of all nodes together.</summary>
    public int TotalSlots => Nodes.Sum(node => node.Slots);

    /// <summary>The nodes in the batch system's order: the first is where the job's script runs.</summary>
    public required IReadOnlyList<AllocatedNode> Nodes { get => Readable.Words(field); init; }

    /// <summary>The nodes as a host list.</summary>
    public string NodeList => HostList.FoldFound(Nodes.Select(node => node.Name));

    /// <summary>What else the batch system knows of the job, where it was asked; null for what the job's own environment told.</summary>
    public BatchJob? Job { get; init; }

    /// <summary>The nodes and their slots on one short line for a table: <c>o2wn[01-15]*32 o2wn16*24</c>.</summary>
    public string NodeSummary() => SlotMap.Format(Nodes);

    /// <summary>The job and its nodes.</summary>
    public override string ToString() => $"job {JobId} of {Owner}: {NodeSummary()}";
}

/// <summary>A node of an allocation.</summary>
/// <param name="Name">The node's name, as the batch system and ssh know it.</param>
/// <param name="Slots">How many ranks were granted there; at least 1.</param>
public sealed record AllocatedNode(string Name, int Slots)
{
    /// <summary>
    /// How many CPUs were granted there, which are more than the slots where a rank has several; null when the batch system did not say.
    /// </summary>
    public int? Cpus { get; init; }

    /// <summary>
    /// How much memory was granted there, in bytes; -1 where the batch system limits none; null when it did not say.
    /// </summary>
    public long? MemoryBytes { get; init; }

    /// <summary>
    /// The CPUs that the job is bound to on this node, as a list (cpuset(7)); null for none, which is what every reader gives.
    /// </summary>
    public string? Cpuset { get; init; }

    /// <summary>
    /// The directory that the batch system made for the job there and removes with it, which its containers have under the same path; null
    /// for none.
    /// </summary>
    public string? ScratchDirectory { get; init; }

    /// <summary>The node's name: what a table or a format string shows.</summary>
    public override string ToString() => Name;
}

/// <summary>The batch system that granted an allocation.</summary>
public enum Scheduler
{
    /// <summary>None: the allocation was made by hand.</summary>
    Manual,

    /// <summary>IBM Spectrum LSF.</summary>
    Lsf,

    /// <summary>Slurm.</summary>
    Slurm,

    /// <summary>PBS Pro, OpenPBS or Torque.</summary>
    Pbs,

    /// <summary>HTCondor.</summary>
    HTCondor,
}
