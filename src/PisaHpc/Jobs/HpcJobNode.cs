using PisaHpc.Containers;

namespace PisaHpc.Jobs;

/// <summary>A job's part on one node.</summary>
/// <param name="Name">The node.</param>
/// <param name="Slots">The slots there.</param>
/// <param name="Container">The container's name; null when the node has none.</param>
/// <param name="State">The container's state; null when the node has none.</param>
public sealed record HpcJobNode(string Name, int Slots, string? Container, ContainerState? State)
{
    /// <summary>The node's name: what a table or a format string shows.</summary>
    public override string ToString() => Name;
}
