namespace PisaHpc.Containers.Items;

/// <summary>How far a copy has come.</summary>
/// <param name="Node">The container's node.</param>
/// <param name="Bytes">The bytes of files that have been copied.</param>
/// <param name="TotalBytes">How many there are; 0 where nobody knows.</param>
public sealed record ItemCopyProgress(string Node, long Bytes, long TotalBytes);

/// <summary>Files that were copied into a container, or out of it.</summary>
public sealed record HpcContainerCopy
{
    /// <summary>The container's node.</summary>
    public required string Node { get; init; }

    /// <summary>The container's name.</summary>
    public required string Name { get; init; }

    /// <summary>The job; null when the container is no job's.</summary>
    public required string? JobId { get; init; }

    /// <summary>The static environment; null when the container is none's.</summary>
    public required string? Static { get; init; }

    /// <summary>What was copied.</summary>
    public required string Source { get; init; }

    /// <summary>Where to.</summary>
    public required string Destination { get; init; }

    /// <summary>How many files and symbolic links.</summary>
    public required int Files { get; init; }

    /// <summary>How many bytes of files.</summary>
    public required long Bytes { get; init; }

    /// <summary>How long it took, in seconds.</summary>
    public required double DurationSec { get; init; }

    /// <summary>Whether this call changed anything.</summary>
    public bool Changed { get; init; }

    /// <summary>What was copied, and where.</summary>
    public override string ToString() => $"{Name} on {Node}: {Source} to {Destination}, {Plural.Of(Files, "file")}";
}
