namespace PisaHpc.Engines;

/// <summary>How a site wants its nodes' engines: what Initialize-HpcNode makes of them.</summary>
public sealed record EngineSettings
{
    /// <summary>The engine's configuration on the nodes; null is <see cref="IEngineAdministration.ConfigurationFile"/>.</summary>
    public string? Config { get; init; }

    /// <summary>
    /// The command, run on a node as root, that has the engine read its configuration again; null is
    /// <see cref="IEngineAdministration.ReloadCommand"/>.
    /// </summary>
    public IReadOnlyList<string>? Reload { get; init; }

    /// <summary>
    /// The command, run on a node as root, that restarts the engine, and ends with 0 when it answers again; null is
    /// <see cref="IEngineAdministration.RestartCommand"/>.
    /// </summary>
    public IReadOnlyList<string>? Restart { get; init; }

    /// <summary>Whether the site's registry is talked to without TLS; null leaves what the nodes have.</summary>
    public bool? RegistryIsInsecure { get; init; }

    /// <summary>
    /// A file here with the certificate of the authority that the registry's is signed by; null leaves what the nodes have.
    /// </summary>
    public string? RegistryCertificate { get; init; }

    /// <summary>Whether containers go on while the engine is restarted; null is true where a node says nothing itself.</summary>
    public bool? LiveRestore { get; init; }

    /// <summary>The size in bytes at which a container's log is turned over; null is 10 MiB where a node says nothing itself.</summary>
    public long? LogSizeBytes { get; init; }

    /// <summary>How many files a container's log has; null is 3 where a node says nothing itself.</summary>
    public int? LogFiles { get; init; }

    /// <summary>Locked memory in bytes of containers that ask for none; -1 is unlimited; null leaves what the nodes have.</summary>
    public long? MemlockBytes { get; init; }
}
