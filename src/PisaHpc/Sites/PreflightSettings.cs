namespace PisaHpc.Sites;

/// <summary>What a site's nodes are checked against.</summary>
public sealed record PreflightSettings
{
    /// <summary>The users who have to be the same on every node.</summary>
    public IReadOnlyList<string> Users { get; init; } = [];

    /// <summary>The free space for images in bytes, below which a node is warned of.</summary>
    public long FreeDiskBytes { get; init; } = 20L << 30;

    /// <summary>How far a node's clock may be from this machine's.</summary>
    public TimeSpan ClockSkew { get; init; } = TimeSpan.FromSeconds(5);
}
