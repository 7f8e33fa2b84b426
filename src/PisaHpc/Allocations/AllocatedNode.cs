namespace PisaHpc.Allocations;

/// <summary>A node of an allocation.</summary>
/// <param name="Name">The node's name, as the batch system and ssh know it.</param>
/// <param name="Slots">How many ranks (cores) were granted there; at least 1.</param>
public sealed record AllocatedNode(string Name, int Slots)
{
    /// <summary>The CPUs that the batch system bound the job to on this node, as a list (cpuset(7)); null when it did not say.</summary>
    public string? Cpuset { get; init; }

    /// <summary>The node's name: what a table or a format string shows.</summary>
    public override string ToString() => Name;
}
