using PisaHpc.Engines;

namespace PisaHpc.Images.Import;

/// <summary>An import as it is going to be, made without reading the source's content.</summary>
public sealed record ImageImportPlan
{
    /// <summary>The node whose engine gets the image.</summary>
    public required string Node { get; init; }

    /// <summary>What the engine is told.</summary>
    public required ImageImport Import { get; init; }

    /// <summary>The labels that say where it came from.</summary>
    public required IReadOnlyDictionary<string, string> Provenance { get; init; }

    /// <summary>The image that has the name now; null when none has.</summary>
    public StoredImage? Held { get; init; }

    /// <summary>Whether the image that has the name was made of this very source with the same instructions.</summary>
    public required bool IsHeld { get; init; }
}
