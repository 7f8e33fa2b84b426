namespace PisaHpc.Images;

/// <summary>What a node does for its image just now.</summary>
/// <param name="Node">The node.</param>
/// <param name="Activity">What it does.</param>
/// <param name="Failed">Whether an attempt has failed.</param>
/// <param name="Done">Whether it has ended, well or badly.</param>
public sealed record ImageProgress(string Node, string Activity, bool Failed = false, bool Done = false)
{
    /// <summary>How far the pull has come; null where that is not known.</summary>
    public PullProgress? Pull { get; init; }
}
