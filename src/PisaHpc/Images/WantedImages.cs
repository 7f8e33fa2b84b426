using PisaHpc.Engines;
using PisaHpc.Sites;

namespace PisaHpc.Images;

/// <summary>What a site wants on its nodes.</summary>
public static class WantedImages
{
    /// <summary>The images of environments, each image once, with those that want it; in the order of the definition.</summary>
    /// <param name="site">The site.</param>
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
    /// <param name="site">The site.</param>
    /// <param name="image">The name.</param>
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
