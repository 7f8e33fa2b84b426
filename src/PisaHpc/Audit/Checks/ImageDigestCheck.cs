using PisaHpc.Engines;

namespace PisaHpc.Audit.Checks;

/// <summary>
/// Whether it is known which image it is made of. Behind a tag another one stands as soon as somebody publishes it; a start of the module
/// looks the digest up, once for all nodes.
/// </summary>
internal sealed class ImageDigestCheck : IContainerCheck
{
    public string Name => "ImageDigest";

    public string About => "a tag, or none, in place of a digest; a tag that a start looks up is a Notice";

    public string Benchmark => "5.27";

    public AuditFinding? Examine(AuditedContainer container)
    {
        if (ImageReference.TryParse(container.Specification.Image) is not { Digest: null, IsId: false } image)
        {
            return null;
        }

        var words = container.Placed($"{Quote.Name(image.ToString())} has no digest", "image");
        return !container.IsDescription || image.Tag is null or "latest"
            ? AuditFinding.Warning($"{words}: it is another image when somebody publishes one", "Name a digest: image@sha256:….")
            : AuditFinding.Notice(
                $"{words}: a start takes the image that the registry has under the tag then",
                "Name a digest, or tags that are never moved.");
    }
}
