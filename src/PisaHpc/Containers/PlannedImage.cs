using PisaHpc.Engines;
using PisaHpc.HostLists;

namespace PisaHpc.Containers;

/// <summary>The one image that all containers of a job run.</summary>
/// <param name="Reference">
/// The reference that the engines are asked for: by digest as well where it is known, so that no tag can move in between.
/// </param>
/// <param name="Id">The image's id on the nodes that hold it; null when none does.</param>
/// <param name="Digest">The registry's digest; null when the image never met a registry, or nobody could ask it.</param>
public sealed record PlannedImage(string Reference, string? Id, string? Digest)
{
    /// <summary>Finds the image that a job's nodes agree on. Nodes that lack it will pull the very one that the others hold.</summary>
    /// <param name="engines">The nodes' engines: where no node holds it, one of them asks the registry.</param>
    /// <param name="reference">The environment's image.</param>
    /// <param name="held">What each node holds under that name; null where it holds nothing.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.ImageMismatch"/>: the nodes would run different images.</exception>
    public static async Task<PlannedImage> AgreeAsync(
        IEngineConnector engines, string reference, IReadOnlyDictionary<string, StoredImage?> held, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(engines);
        var agreed = Agree(reference, held);
        if (agreed is not { Id: null, Digest: null } || held.Count == 0 || ImageReference.Parse(reference).IsId)
        {
            return agreed;
        }

        try
        {
            var engine = await engines.ConnectAsync(held.Keys.First(), cancellationToken);
            return At(reference, id: null, await engine.Images.ResolveAsync(reference, cancellationToken));
        }
        catch (HpcException)
        {
            // The pull at the container's start meets the same failure, on the node that it concerns.
            return agreed;
        }
    }

    /// <summary>The image that nodes agree on, without asking a registry. Pure.</summary>
    /// <param name="reference">The environment's image.</param>
    /// <param name="held">What each node holds under that name.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.ImageMismatch"/>.</exception>
    public static PlannedImage Agree(string reference, IReadOnlyDictionary<string, StoredImage?> held)
    {
        ArgumentNullException.ThrowIfNull(held);
        var images = held.Where(node => node.Value is not null).GroupBy(node => node.Value!.Id, node => node.Key).ToList();
        if (images.Count > 1)
        {
            var which = images
                .OrderByDescending(image => image.Count())
                .Select(image => $"{Fold(image)} {(image.Count() == 1 ? "holds" : "hold")} {Name(held, image, reference)}");
            throw Mismatch(
                reference, held, $"The nodes of the job hold different images under {reference}: {string.Join("; ", which)}.");
        }

        if (images.Count == 0)
        {
            return new PlannedImage(reference, null, ImageReference.Parse(reference).Digest);
        }

        var digests = held.Values.OfType<StoredImage>().Select(image => DigestOf(image, reference)).Distinct().ToList();
        var digest = digests is [{ } one] ? one : digests.OfType<string>().FirstOrDefault();
        var lacking = held.Where(node => node.Value is null).Select(node => node.Key).ToList();
        if (digest is null && lacking.Count > 0)
        {
            throw Mismatch(
                reference,
                held,
                $"{Fold(images[0])} would run {reference} as {images[0].Key}, which never met a registry; {Fold(lacking)} would pull what "
                + "the registry has under that name.");
        }

        // By a digest that some of them do not know, those would pull; it is the same image, so the id alone is checked.
        return digests.Count == 1 ? At(reference, images[0].Key, digest) : new PlannedImage(reference, images[0].Key, digest);
    }

    private static PlannedImage At(string reference, string? id, string? digest)
    {
        var image = ImageReference.Parse(reference);
        return new PlannedImage(digest is null || image.IsId ? reference : image.At(digest).ToString(), id, digest);
    }

    private static string? DigestOf(StoredImage image, string reference) => image.DigestOf(ImageReference.Parse(reference).Name);

    private static string Name(IReadOnlyDictionary<string, StoredImage?> held, IGrouping<string, string> image, string reference) =>
        DigestOf(held[image.First()]!, reference) ?? $"{image.Key}, which never met a registry";

    private static string Fold(IEnumerable<string> nodes) => HostList.Fold(nodes.Order(StringComparer.Ordinal));

    private static HpcException Mismatch(string reference, IReadOnlyDictionary<string, StoredImage?> held, string message) => new(
        ErrorId.ImageMismatch,
        message,
        reference,
        $"Bring them to the registry's: Update-HpcImage -Node '{Fold(held.Keys)}' -Image {reference}.");
}
