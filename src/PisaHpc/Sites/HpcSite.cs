using PisaHpc.Engines;

namespace PisaHpc.Sites;

/// <summary>What an admin declares of a site, as read from its definition; environments are merged on demand.</summary>
public sealed record HpcSite
{
    /// <summary>The definition's file; null when the machine has none and built-in values stand.</summary>
    public string? Path { get; init; }

    /// <summary>The registry, as host:port; null when images are named in full.</summary>
    public string? Registry { get; init; }

    /// <summary>The port area; null when the site has none.</summary>
    public PortAreaDefinition? PortArea { get; init; }

    /// <summary>Where the records of ended jobs lie; null when the site keeps none.</summary>
    public RecordsDefinition? Records { get; init; }

    /// <summary>How nodes are reached.</summary>
    public NodeAccess Nodes { get; init; } = new();

    /// <summary>The directory, on each node, below which a job's directory is made; a tmpfs.</summary>
    public string RunDirectory { get; init; } = "/run/pisahpc";

    /// <summary>The batch system, and where it is asked.</summary>
    public BatchSettings Batch { get; init; } = new();

    /// <summary>What nodes' engines are made to be.</summary>
    public EngineSettings Engine { get; init; } = new();

    /// <summary>What nodes are checked against.</summary>
    public PreflightSettings Preflight { get; init; } = new();

    /// <summary>The layer below every environment.</summary>
    public EnvironmentLayer Defaults { get; init; } = EnvironmentLayer.Empty;

    /// <summary>The environments' own layers, by name.</summary>
    public IReadOnlyDictionary<string, EnvironmentLayer> Environments { get; init; } = new Dictionary<string, EnvironmentLayer>();

    /// <summary>The queues, by name.</summary>
    public IReadOnlyDictionary<string, QueueDefinition> Queues { get; init; } = new Dictionary<string, QueueDefinition>();

    /// <summary>The static environments, by name.</summary>
    public IReadOnlyDictionary<string, StaticDefinition> Static { get; init; } = new Dictionary<string, StaticDefinition>();

    /// <summary>
    /// The directory on each node, root's and not lost in a reboot, below which a static environment has its host key; <c>{node}</c> stands
    /// for the node's name, for a directory that nodes share.
    /// </summary>
    public string StaticDirectory { get; init; } = "/var/lib/pisahpc/static";

    /// <summary>The findings of audits that the site lives with.</summary>
    public IReadOnlyList<AuditWaiver> Waivers { get; init; } = [];

    /// <summary>
    /// Where each key of the definition stands, by its path: <c>registry</c>, <c>portArea.first</c>, <c>queues.hpc.environment</c>.
    /// </summary>
    public IReadOnlyDictionary<string, SourcePosition> Positions { get; init; } = new Dictionary<string, SourcePosition>();

    /// <summary>A static environment.</summary>
    /// <param name="name">The name under which it is declared.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.StaticNotFound"/>, naming the known ones, the closest first.</exception>
    public StaticDefinition StaticNamed(string name) => Static.GetValueOrDefault(name) ?? throw StaticNotFound(name);

    /// <summary>The failure of a name that no static environment has.</summary>
    /// <param name="also">What else there is to say of it.</param>
    internal HpcException StaticNotFound(string name, string also = "") => new(
        ErrorId.StaticNotFound,
        $"Static environment {Quote.Of(name)} is not declared{(Path is null ? ": this machine has no site definition" : $" in {Path}")}. "
        + (Static.Count == 0 ? "None is." : $"Declared: {string.Join(", ", Spelling.ByDistance(name, Static.Keys))}.") + also,
        name);

    /// <summary>The port area, for what cannot be done without one.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.PortAreaMissing"/>: the site has none.</exception>
    internal PortAreaDefinition RequirePortArea() => PortArea ?? throw new HpcException(
        ErrorId.PortAreaMissing,
        $"The site definition {Path} names no port area.",
        Path,
        "Name one in the site definition: portArea: { path: /var/lib/pisahpc/ports, first: 22000, last: 22999 }.");

    /// <summary>The records of ended jobs, for whoever wants to read them.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.RecordsMissing"/>: the site keeps none.</exception>
    internal RecordsDefinition RequireRecords() => Records ?? throw new HpcException(
        ErrorId.RecordsMissing,
        $"The site definition {Path} names no directory for the records of ended jobs, so that none are kept.",
        Path,
        "Name one that all nodes share, in the site definition: records: { directory: /gpfs/pisahpc/records, keep: 30d }.");
}

/// <summary>A queue: the environment its jobs get by default, and a layer between the site's and the environment's.</summary>
/// <param name="Name">The queue's or partition's name.</param>
/// <param name="Environment">The default environment's name; null when the queue has none.</param>
/// <param name="Settings">The queue's layer.</param>
public sealed record QueueDefinition(string Name, string? Environment, EnvironmentLayer Settings);

/// <summary>The site's port area.</summary>
/// <param name="Path">The directory that all nodes share.</param>
/// <param name="First">The lowest port.</param>
/// <param name="Last">The highest port.</param>
/// <param name="TimeToLive">How long a lease holds unless a job asks for another time.</param>
public sealed record PortAreaDefinition(string Path, int First, int Last, TimeSpan TimeToLive);

/// <summary>The site's records of ended jobs.</summary>
/// <param name="Directory">The directory that all nodes share.</param>
/// <param name="Keep">How long a record is kept after its job's end.</param>
public sealed record RecordsDefinition(string Directory, TimeSpan Keep)
{
    /// <summary>How long a record is kept when the site does not say: 30 days.</summary>
    public static TimeSpan DefaultKeep { get; } = TimeSpan.FromDays(30);
}

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
