using PisaHpc.Engines;
using PisaHpc.Sites;

namespace PisaHpc.Images;

/// <summary>What a site wants on its nodes.</summary>
public static class WantedImages
{
    /// <summary>The images of environments, each image once, with those that want it; in the order of the definition.</summary>
    /// <param name="environments">The environments' names.</param>
    public static IReadOnlyList<WantedImage> Of(HpcSite site, IEnumerable<string> environments)
    {
        ArgumentNullException.ThrowIfNull(site);
        var wanted = from name in environments
                     from queue in QueuesThatChoose(site)
                     let environment = EnvironmentResolver.Resolve(site, name, queue, EnvironmentLayer.Empty)
                     let image = new WantedImage(ImageReference.Parse(environment.Image), [environment.Name])
                     group environment.Name by (image.Name, image.Reference);
        return [.. wanted.Select(image => new WantedImage(image.Key.Reference, [.. image.Distinct()]))];
    }

    /// <summary>One image by its name, with the site's registry in front unless it names one itself.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>: it is none.</exception>
    public static WantedImage Named(HpcSite site, string image)
    {
        ArgumentNullException.ThrowIfNull(site);
        var reference = ImageReference.Parse(image).In(site.Registry);
        var known = Of(site, site.Environments.Keys).FirstOrDefault(wanted => wanted.Reference == reference);
        return known ?? new WantedImage(reference, []);
    }

    /// <summary>No queue, and those whose layer names an image for environments that have none of their own.</summary>
    private static IEnumerable<string?> QueuesThatChoose(HpcSite site) =>
        site.Queues.Values.Where(queue => queue.Settings.Image is not null).Select(queue => (string?)queue.Name).Prepend(null);
}

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
