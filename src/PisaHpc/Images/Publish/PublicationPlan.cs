using PisaHpc.Engines;

namespace PisaHpc.Images.Publish;

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
