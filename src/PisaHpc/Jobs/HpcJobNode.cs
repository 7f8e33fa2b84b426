using PisaHpc.Engines;

namespace PisaHpc.Jobs;

/// <summary>A job's part on one node.</summary>
/// <param name="Name">The node.</param>
/// <param name="Slots">The slots there; 0 on a node that only an earlier attempt of the job had.</param>
/// <param name="Container">The container's name; null when the node has none.</param>
/// <param name="State">The container's state: the word, one of <see cref="ContainerState"/>; null when the node has none.</param>
public sealed record HpcJobNode(string Name, int Slots, string? Container, string? State)
{
    /// <summary>The node's name: what a table or a format string shows.</summary>
    public override string ToString() => Name;
}
