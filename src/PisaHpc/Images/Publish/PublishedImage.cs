namespace PisaHpc.Images.Publish;

/// <summary>An image that a registry holds under a name.</summary>
public sealed record PublishedImage
{
    /// <summary>The node whose engine pushed it.</summary>
    public required string Node { get; init; }

    /// <summary>The name that was asked for, as the node has it.</summary>
    public required string Name { get; init; }

    /// <summary>The name in the registry, with registry and tag.</summary>
    public required string Reference { get; init; }

    /// <summary>The registry's digest of it, <c>sha256:…</c>; null for one that is predicted.</summary>
    public string? Digest { get; init; }

    /// <summary>The digest that the name had before; null when it had none.</summary>
    public string? PreviousDigest { get; init; }

    /// <summary>The image's id on the node.</summary>
    public required string Id { get; init; }

    /// <summary>Its size on the node in bytes, unpacked.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>How long it took, in seconds.</summary>
    public double DurationSec { get; init; }

    /// <summary>Whether the registry has another image under the name than before.</summary>
    public required bool Changed { get; init; }
}
