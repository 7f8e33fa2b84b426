using PisaHpc.Devices;

namespace PisaHpc.Containers;

/// <summary>What a plan needs to know of a node, read in one round trip.</summary>
public sealed record NodeFacts
{
    /// <summary>The node.</summary>
    public required string Node { get; init; }

    /// <summary>The CPUs that are online.</summary>
    public required int Cpus { get; init; }

    /// <summary>Those of the paths asked for that do not exist on the node.</summary>
    public required IReadOnlySet<string> MissingPaths { get; init; }

    /// <summary>The TCP ports that something listens on.</summary>
    public required IReadOnlySet<int> ListeningPorts { get; init; }

    /// <summary>The node's InfiniBand devices.</summary>
    public required IReadOnlyList<IbDevice> Devices { get; init; }
}
