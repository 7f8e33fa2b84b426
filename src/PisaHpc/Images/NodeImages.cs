using PisaHpc.Engines;
using PisaHpc.Images.Update;

namespace PisaHpc.Images;

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
