namespace PisaHpc.Sites;

/// <summary>A device file of the node that a container gets beside those of InfiniBand adapters: /dev/knem, /dev/xpmem.</summary>
public sealed record DeviceFile
{
    /// <summary>The path below /dev, the same inside as outside.</summary>
    public required string Path { get; init; }

    /// <summary>Whether a node that lacks it goes without, instead of failing.</summary>
    public bool Optional { get; init; }
}
