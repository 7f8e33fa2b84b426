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

    /// <summary>How nodes are reached.</summary>
    public NodeAccess Nodes { get; init; } = new();

    /// <summary>The directory, on each node, below which a job's directory is made; a tmpfs.</summary>
    public string RunDirectory { get; init; } = "/run/pisahpc";

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

    /// <summary>
    /// Where each key of the definition stands, by its path: <c>registry</c>, <c>portArea.first</c>, <c>queues.hpc.environment</c>.
    /// </summary>
    public IReadOnlyDictionary<string, SourcePosition> Positions { get; init; } = new Dictionary<string, SourcePosition>();
}

/// <summary>A queue: the environment its jobs get by default, and a layer between the site's and the environment's.</summary>
/// <param name="Name">The queue's or partition's name.</param>
/// <param name="Environment">The default environment's name; null when the queue has none.</param>
/// <param name="Settings">The queue's layer.</param>
public sealed record QueueDefinition(string Name, string? Environment, EnvironmentLayer Settings);
