using System.Globalization;
using PisaHpc.Engines;

namespace PisaHpc.Images.Import;

/// <summary>An image that a tree or tar was imported as.</summary>
public sealed record ImportedImage
{
    /// <summary>The node whose engine has it.</summary>
    public required string Node { get; init; }

    /// <summary>Its name with the tag.</summary>
    public required string Name { get; init; }

    /// <summary>Its id, <c>sha256:…</c>; empty for one that is predicted.</summary>
    public string Id { get; init; } = "";

    /// <summary>Its size on the node in bytes; for one that is predicted, that of the tar stream, where it is known.</summary>
    public long? SizeBytes { get; init; }

    /// <summary>The digest of a tree's names and statuses (<see cref="TreeSurvey.Digest"/>); null for tars and streams.</summary>
    public string? TreeDigest { get; init; }

    /// <summary>
    /// The digest of its layer's tar, contents included: two trees that are the same in all have the same. Null for one that is predicted.
    /// </summary>
    public string? LayerDigest { get; init; }

    /// <summary>The path that it was read from; <c>-</c> for a stream.</summary>
    public required string Source { get; init; }

    /// <summary>The machine that read it.</summary>
    public required string SourceHost { get; init; }

    /// <summary>When it was read.</summary>
    public required DateTimeOffset ImportedAt { get; init; }

    /// <summary>The module and its version that read it.</summary>
    public required string Tool { get; init; }

    /// <summary>How long it took, in seconds.</summary>
    public double DurationSec { get; init; }

    /// <summary>Whether it was imported now; false when it was there already.</summary>
    public required bool Changed { get; init; }

    /// <summary>Makes the result of a plan.</summary>
    /// <param name="image">The image; null for one that is predicted.</param>
    /// <param name="duration">How long it took.</param>
    public static ImportedImage Of(ImageImportPlan plan, StoredImage? image, TimeSpan duration)
    {
        var labels = plan.IsHeld && image is not null ? image.Labels : plan.Provenance;
        return new ImportedImage
        {
            Node = plan.Node,
            Name = plan.Import.Name.ToString(),
            Id = image?.Id ?? "",
            SizeBytes = image?.SizeBytes,
            TreeDigest = labels.GetValueOrDefault(ImageLabels.TreeDigest),
            LayerDigest = image is { Layers: [var layer] } ? layer : null,
            Source = labels.GetValueOrDefault(ImageLabels.Source, ""),
            SourceHost = labels.GetValueOrDefault(ImageLabels.Host, ""),
            ImportedAt = DateTimeOffset.Parse(labels[ImageLabels.Time], CultureInfo.InvariantCulture),
            Tool = labels.GetValueOrDefault(ImageLabels.Tool, ""),
            DurationSec = Math.Round(duration.TotalSeconds, 3),
            Changed = !plan.IsHeld,
        };
    }

    /// <summary>The image and what it was made of.</summary>
    public override string ToString() => $"{Name} on {Node} of {Source}";
}
