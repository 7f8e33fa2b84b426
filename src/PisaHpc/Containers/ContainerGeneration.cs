using System.Security.Cryptography;
using System.Text;
using PisaHpc.Engines;

namespace PisaHpc.Containers;

/// <summary>
/// A mark of everything that a container was made of: its specification and its image, known by its id wherever a node holds it, since
/// what a node knows of a digest depends on how the image came there. Two containers of one mark are the same but for when, by whom, and
/// beside which other nodes they were made.
/// </summary>
public static class ContainerGeneration
{
    private const int Digits = 12;

    /// <summary>A specification with its mark among the labels.</summary>
    /// <param name="imageId">The image's id, where it is known.</param>
    public static ContainerSpec Mark(ContainerSpec spec, string? imageId)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var labels = new Dictionary<string, string>(spec.Labels, StringComparer.Ordinal);
        labels[ContainerLabels.Generation] = Of(spec, imageId);
        return spec with { Labels = labels };
    }

    /// <summary>The mark: twelve hexadecimal digits.</summary>
    /// <param name="imageId">The image's id; null where no node holds it, and then the digest in its reference has to do.</param>
    public static string Of(ContainerSpec spec, string? imageId)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var text = new StringBuilder();
        var image = ImageReference.Parse(spec.Image);
        var identity = imageId ?? image.Digest ?? "";
        var parts = SpecificationParts.Of(spec with { Image = NameOf(image) }).Append((Name: "image id", Value: identity));

        // The order of arguments means something, and that of nothing else.
        foreach (var (name, value) in parts.OrderBy(part => part.Name, StringComparer.Ordinal)
            .ThenBy(part => part.Name == "command" ? "" : part.Value, StringComparer.Ordinal))
        {
            // No value can hold a 0, so that no two specifications read the same.
            text.Append(name).Append('=').Append(value).Append('\0');
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..Digits];
    }

    /// <summary>The name that was declared: a digest, and the tag that goes without saying, are there or not as nodes know it.</summary>
    private static string NameOf(ImageReference image) =>
        image.IsId ? image.Repository : $"{image.Name}:{image.Tag ?? (image.Digest is null ? "latest" : "")}";
}
