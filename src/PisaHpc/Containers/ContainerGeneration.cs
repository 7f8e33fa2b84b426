using System.Security.Cryptography;
using System.Text;
using PisaHpc.Engines;

namespace PisaHpc.Containers;

/// <summary>
/// A mark of everything that a container was made of: its specification, with the image's digest in its reference, or the image's id where
/// nothing has a digest. Two containers of one mark are the same but for when, and by whom, they were made.
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
    /// <param name="imageId">The image's id; of no matter where the reference has the digest.</param>
    public static string Of(ContainerSpec spec, string? imageId)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var text = new StringBuilder();
        var identity = spec.Image.Contains('@', StringComparison.Ordinal) ? "" : imageId ?? "";
        foreach (var (name, value) in SpecificationParts.Of(spec).Append(("image id", identity)))
        {
            // No value can hold a 0, so that no two specifications read the same.
            text.Append(name).Append('=').Append(value).Append('\0');
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..Digits];
    }
}
