namespace PisaHpc.Engines;

/// <summary>What an engine says of itself and of its node (Docker Engine API, "Get system information").</summary>
public sealed record EngineDetails
{
    /// <summary>The images that it holds, each counted once however many names it has.</summary>
    public required int Images { get; init; }

    /// <summary>The containers of every kind that run.</summary>
    public int RunningContainers { get; init; }

    /// <summary>The storage driver: overlay2 and the like.</summary>
    public string StorageDriver { get; init; } = "";

    /// <summary>
    /// Whether the file system below the storage driver says of a directory's entries what they are (d_type, readdir(3)); null where the
    /// driver does not tell.
    /// </summary>
    public bool? SupportsDType { get; init; }

    /// <summary>The directory on the node that images and containers lie in.</summary>
    public string RootDirectory { get; init; } = "";

    /// <summary>The version of the node's control groups, 1 or 2; null where the engine does not tell.</summary>
    public int? CgroupVersion { get; init; }

    /// <summary>Who makes the containers' control groups: systemd or cgroupfs.</summary>
    public string CgroupDriver { get; init; } = "";

    /// <summary>The log driver of containers that name none.</summary>
    public string LoggingDriver { get; init; } = "";

    /// <summary>Whether containers go on while the engine is restarted.</summary>
    public bool LiveRestore { get; init; }

    /// <summary>
    /// Whether the engine is in swarm mode, in whatever state of it. One that is does not start with live-restore, though it takes that up
    /// from a signal (moby, Config.IsSwarmCompatible).
    /// </summary>
    public bool IsInSwarm { get; init; }

    /// <summary>Whether the node's kernel can limit a container's memory.</summary>
    public bool LimitsMemory { get; init; } = true;

    /// <summary>Whether the node's kernel can limit a container's CPU time.</summary>
    public bool LimitsCpu { get; init; } = true;

    /// <summary>Whether the node's kernel can limit a container's number of processes.</summary>
    public bool LimitsPids { get; init; } = true;

    /// <summary>The time by the node's clock when it was asked; null where the engine does not tell.</summary>
    public DateTimeOffset? Now { get; init; }

    /// <summary>The engine's own labels, as <c>key=value</c>.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>The registries that are talked to without TLS, or with a certificate that nobody checks.</summary>
    public IReadOnlySet<string> InsecureRegistries { get; init; } = new HashSet<string>();
}
