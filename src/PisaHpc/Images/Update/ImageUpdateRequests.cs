using PisaHpc.Engines;

namespace PisaHpc.Images.Update;

/// <summary>Which nodes are to hold which images, as it was asked for.</summary>
public sealed class ImageUpdateRequests
{
    private readonly Dictionary<string, List<WantedImage>> _byNode = new(StringComparer.Ordinal);
    private readonly Dictionary<string, WantedImage> _images = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _digests = new(StringComparer.Ordinal);

    /// <summary>The nodes, in the order in which they were named.</summary>
    public IReadOnlyCollection<string> Nodes => _byNode.Keys;

    /// <summary>The images, each once.</summary>
    public IReadOnlyList<WantedImage> Images => [.. _images.Values];

    /// <summary>The images that a node is to hold.</summary>
    public IReadOnlyList<WantedImage> Of(string node) => _byNode[node];

    /// <summary>Asks for images on a node.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>: no registry gives an image by its id.</exception>
    public void Add(string node, IEnumerable<WantedImage> images)
    {
        ArgumentNullException.ThrowIfNull(images);
        if (!_byNode.TryGetValue(node, out var ofNode))
        {
            _byNode[node] = ofNode = [];
        }

        foreach (var image in images)
        {
            if (image.Reference.IsId)
            {
                throw new HpcException(
                    ErrorId.InvalidValue,
                    $"{Quote.Of(image.Name)} is an image's id, which no registry gives.",
                    image.Name,
                    "Name the image with its tag or its registry's digest; Get-HpcImage shows both.");
            }

            var known = _images.TryAdd(image.Name, image) ? image : _images[image.Name];
            if (!ofNode.Contains(known))
            {
                ofNode.Add(known);
            }
        }
    }

    /// <summary>Asks for what failed before, at the digest of then.</summary>
    /// <param name="result">The result of then.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>: another result has another digest for the same name.</exception>
    public void Add(HpcImageUpdate result)
    {
        ArgumentNullException.ThrowIfNull(result);
        Add(result.Node, [new WantedImage(ImageReference.Parse(result.Name), [])]);
        if (result.Digest is not { } digest)
        {
            return;
        }

        if (_digests.TryGetValue(result.Name, out var other) && other != digest)
        {
            throw new HpcException(
                ErrorId.InvalidValue,
                $"The results are of two updates of {result.Name}: to {other} and to {digest}.",
                result.Name,
                $"Give the results of one of them, or update the nodes anew: Update-HpcImage {result.Node} -Image {result.Name}.");
        }

        _digests[result.Name] = digest;
    }

    /// <summary>Tells what is known of digests from before.</summary>
    /// <param name="digests">Where they are found from now on.</param>
    public void Settle(DigestResolver digests)
    {
        ArgumentNullException.ThrowIfNull(digests);
        foreach (var image in Images)
        {
            if (_digests.TryGetValue(image.Name, out var digest))
            {
                digests.Settle(image, digest);
            }
        }
    }

    /// <summary>The result of a node that did not say what it holds.</summary>
    /// <param name="image">The image that it is to hold.</param>
    /// <param name="digest">The registry's digest, when it is known.</param>
    public static HpcImageUpdate Unreached(string node, WantedImage image, string? digest)
    {
        ArgumentNullException.ThrowIfNull(image);
        return new HpcImageUpdate { Node = node, Name = image.Name, State = nameof(ImageUpdateState.Failed), Digest = digest };
    }
}

/// <summary>Where nodes get an image from.</summary>
public enum ImageDistribution
{
    /// <summary>Each node pulls it from the registry.</summary>
    Registry,

    /// <summary>A node that holds it gives it to one that does not, and that one on; the registry serves the first.</summary>
    Peers,
}
