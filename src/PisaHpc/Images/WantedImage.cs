using PisaHpc.Engines;

namespace PisaHpc.Images;

/// <summary>An image that a node ought to hold.</summary>
public sealed record WantedImage
{
    /// <summary>Makes one.</summary>
    /// <param name="reference">What is wanted.</param>
    /// <param name="environments">The environments that want it; empty when it was asked for by hand.</param>
    public WantedImage(ImageReference reference, IReadOnlyList<string> environments)
    {
        Reference = reference;
        Environments = environments;
    }

    /// <summary>What is wanted: by a tag that a registry can move, by a digest, or by an id that only nodes know.</summary>
    public ImageReference Reference { get; }

    /// <summary>The environments that want it, by name.</summary>
    public IReadOnlyList<string> Environments { get; }

    /// <summary>
    /// The name and tag under which a node holds it, as its engine lists it; null when a digest or an id alone says which.
    /// </summary>
    public string? Tag => Reference is { IsId: false, Tag: not null } or { IsId: false, Digest: null }
        ? $"{Reference.Name}:{Reference.Tag ?? "latest"}"
        : null;

    /// <summary>What it is called in tables: the name with its tag, else with its digest, else the id.</summary>
    public string Name => Tag ?? Reference.ToString();

    /// <summary>The name by which exactly one image can be pulled.</summary>
    /// <param name="digest">The registry's digest.</param>
    public string At(string digest) => $"{Reference.Name}@{digest}";

    /// <summary>The image among a node's that carries its name; for one wanted by id or digest, the image itself.</summary>
    /// <param name="images">What the node holds.</param>
    public StoredImage? NamedIn(IReadOnlyList<StoredImage> images) => Tag is { } tag
        ? images.FirstOrDefault(image => image.Tags.Contains(tag))
        : images.FirstOrDefault(image => image.Id == Reference.Repository || (Reference.Digest is { } digest && image.Has(digest)));
}
