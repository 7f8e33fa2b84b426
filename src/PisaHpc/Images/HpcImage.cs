using PisaHpc.Engines;
using PisaHpc.Images.Update;

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
    public IReadOnlyList<string> Environments { get => Readable.Words(field); init; } = [];

    /// <summary>The image, its node and its state.</summary>
    public override string ToString() => $"{Name} on {Node}: {State}";
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

/// <summary>Compares what a node holds with what the site wants. Pure.</summary>
public static class NodeImages
{
    /// <summary>The wanted images on a node, whether it holds them or not.</summary>
    /// <param name="images">What it holds.</param>
    /// <param name="digests">What is wanted, with the registry's digests.</param>
    public static IEnumerable<HpcImage> Wanted(string node, IReadOnlyList<StoredImage> images, DigestResolver digests)
    {
        ArgumentNullException.ThrowIfNull(digests);
        return digests.Wanted.Select(wanted =>
        {
            var (held, digest) = (wanted.NamedIn(images), digests.Find(wanted));
            var state = StateOf(wanted, held, digest);
            var row = Row(node, wanted.Name, state, held, wanted.Reference.Name);
            return row with
            {
                Digest = state == ImageState.Current ? digest ?? row.Digest : row.Digest,
                WantedDigest = digest,
                Environments = wanted.Environments,
            };
        });
    }

    /// <summary>The other names on a node, and the images that have none.</summary>
    /// <param name="images">What it holds.</param>
    /// <param name="wanted">What is wanted.</param>
    public static IEnumerable<HpcImage> Other(string node, IReadOnlyList<StoredImage> images, IReadOnlyList<WantedImage> wanted)
    {
        var named = wanted.Select(image => image.Name).ToHashSet(StringComparer.Ordinal);
        return from image in images
               from name in NamesOf(image)
               where !named.Contains(name)
               select Row(node, name, ImageState.Other, image, ImageReference.TryParse(name)?.Name);
    }

    private static IEnumerable<string> NamesOf(StoredImage image) => image switch
    {
        { Tags.Count: > 0 } => image.Tags,
        { Digests.Count: > 0 } => image.Digests,
        _ => [image.Id],
    };

    private static ImageState StateOf(WantedImage wanted, StoredImage? held, string? digest) => (held, digest) switch
    {
        (null, _) => ImageState.Missing,
        _ when wanted.Reference.IsId => ImageState.Current,
        (_, null) => ImageState.Unknown,
        _ => held.Has(digest) ? ImageState.Current : ImageState.Outdated,
    };

    private static HpcImage Row(string node, string name, ImageState state, StoredImage? held, string? repository) => new()
    {
        Node = node,
        Name = name,
        State = state.ToString(),
        Digest = held?.DigestIn(repository),
        Id = held?.Id,
        SizeBytes = held?.SizeBytes,
        CreatedAt = held?.CreatedAt,
    };
}
