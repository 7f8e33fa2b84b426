namespace PisaHpc.Images;

/// <summary>An image's name on one node, and how it compares with what the site wants.</summary>
public sealed record HpcImage
{
    /// <summary>The node.</summary>
    public required string Node { get; init; }

    /// <summary>The name with its tag; with its digest when a node holds it without a tag.</summary>
    public required string Name { get; init; }

    /// <summary>How it compares: the word, one of <see cref="ImageState"/>.</summary>
    public required string State { get; init; }

    /// <summary>The registry's digest of what the node holds; null when it is missing or never met a registry.</summary>
    public string? Digest { get; init; }

    /// <summary>The registry's digest of what the site wants; null when it wants none, or the registry did not say.</summary>
    public string? WantedDigest { get; init; }

    /// <summary>The image's id on the node; null when it is missing.</summary>
    public string? Id { get; init; }

    /// <summary>Its size on the node in bytes, unpacked; null when it is missing.</summary>
    public long? SizeBytes { get; init; }

    /// <summary>When the image was made, in UTC; null when it is missing.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>The environments that want it.</summary>
    public IReadOnlyList<string> Environments { get; init; } = [];
}

/// <summary>How what a node holds compares with what the site wants.</summary>
public enum ImageState
{
    /// <summary>The name leads to the image that the registry has under it.</summary>
    Current,

    /// <summary>The name leads to another image than in the registry.</summary>
    Outdated,

    /// <summary>The site wants the name, and the node does not have it.</summary>
    Missing,

    /// <summary>The node has the name, and the registry did not say which image is the wanted one.</summary>
    Unknown,

    /// <summary>No environment of the site wants it.</summary>
    Other,
}
