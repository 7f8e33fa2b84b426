using PisaHpc.Engines;

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

/// <summary>A push as it is going to be.</summary>
/// <param name="Name">The name on the node.</param>
/// <param name="Target">The name in the registry.</param>
/// <param name="Image">The image.</param>
/// <param name="Earlier">The image that has the registry's name on the node now; null when none has.</param>
/// <param name="Before">The digest that the registry has under the name now; null when it has none, or did not say.</param>
public sealed record PublicationPlan(ImageReference Name, ImageReference Target, StoredImage Image, StoredImage? Earlier, string? Before)
{
    /// <summary>Whether the image has yet to get the registry's name on the node.</summary>
    public bool TakesName => Earlier?.Id != Image.Id;

    /// <summary>Whether the registry's name leads to this very image already, as an earlier push or pull told the engine.</summary>
    public bool IsThere => Before is not null && Image.Digests.Contains($"{Target.Name}@{Before}");
}
