namespace PisaHpc.Batch;

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
    /// The CPUs that the job is bound to on this node, as a list (cpuset(7)); null for none, which is what every reader gives.
    /// </summary>
    public string? Cpuset { get; init; }

    /// <summary>The node's name: what a table or a format string shows.</summary>
    public override string ToString() => Name;
}
