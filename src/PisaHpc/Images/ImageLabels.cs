using PisaHpc.Images.Import;

namespace PisaHpc.Images;

/// <summary>The labels that say where an imported image came from. Containers inherit them.</summary>
public static class ImageLabels
{
    /// <summary>The tree's or tar's path on the machine that read it; <c>-</c> for a stream.</summary>
    public const string Source = "pisahpc.image.source";

    /// <summary>The machine that read it.</summary>
    public const string Host = "pisahpc.image.host";

    /// <summary>When it was read, in UTC as ISO 8601.</summary>
    public const string Time = "pisahpc.image.time";

    /// <summary>A tree's <see cref="TreeSurvey.Digest"/>; absent for tars and streams.</summary>
    public const string TreeDigest = "pisahpc.image.tree-digest";

    /// <summary>The module and its version.</summary>
    public const string Tool = "pisahpc.image.tool";

    /// <summary>A digest of all that decides the image and is known without reading it; absent for streams.</summary>
    public const string Key = "pisahpc.image.key";
}
