namespace PisaHpc.Sites;

/// <summary>A directory or file of the node that a container sees.</summary>
public sealed record MountDefinition
{
    /// <summary>The absolute path on the node. It must exist there: the engine must not create it.</summary>
    public required string Source { get; init; }

    /// <summary>The absolute path in the container; the source's when the definition names none.</summary>
    public required string Target { get; init; }

    /// <summary>Whether the container may not write to it.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Whether a node that lacks the source goes without, instead of failing.</summary>
    public bool Optional { get; init; }

    /// <summary>
    /// The mount propagation (private, rprivate, shared, rshared, slave, rslave; mount_namespaces(7)); null for the engine's default.
    /// </summary>
    public string? Propagation { get; init; }
}
