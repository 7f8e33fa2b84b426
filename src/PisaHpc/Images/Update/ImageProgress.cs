using PisaHpc.Engines;

namespace PisaHpc.Images.Update;

/// <summary>What a node does for its image just now.</summary>
/// <param name="Node">The node.</param>
/// <param name="Activity">What it does.</param>
public sealed record ImageProgress(string Node, string Activity)
{
    /// <summary>How far the pull has come; null where that is not known.</summary>
    public PullProgress? Pull { get; init; }
}
