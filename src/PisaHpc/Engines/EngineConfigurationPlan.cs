namespace PisaHpc.Engines;

/// <summary>
/// What becomes of an engine's configuration: what it is to be, what has the engine take it up, and the way back. Each form is the whole
/// file; one that says what stands there is that, to the byte.
/// </summary>
public sealed record EngineConfigurationPlan
{
    /// <summary>What has the engine take it up.</summary>
    public required EngineAction Action { get; init; }

    /// <summary>The keys that change; empty when the file stays.</summary>
    public required IReadOnlyList<string> ChangedKeys { get; init; }

    /// <summary>What stands there, as text; null when there is no file.</summary>
    public string? CurrentText { get; init; }

    /// <summary>What is to stand there, as text.</summary>
    public required string WantedText { get; init; }

    /// <summary>What is to stand there.</summary>
    public required EngineConfiguration Wanted { get; init; }

    /// <summary>The same with what keeps containers through a restart, where anything does.</summary>
    public required EngineConfiguration Keeping { get; init; }

    /// <summary>
    /// That with something that the engine takes up from a reload and shows: it has then read the file, and found nothing wrong in it.
    /// </summary>
    public required EngineConfiguration Trial { get; init; }

    /// <summary>What stands there, with what keeps containers through a restart: what an engine is given that did not start.</summary>
    public required EngineConfiguration WayBack { get; init; }

    /// <summary>
    /// What has an engine give back, at a reload, what it took up; null where none runs, or there is nothing to take up.
    /// </summary>
    public EngineConfiguration? GivingBack { get; init; }
}

/// <summary>An engine's configuration.</summary>
/// <param name="Content">The file.</param>
/// <param name="IsTakenUp">
/// Whether an engine says of itself what the file says, as far as it tells. What the file leaves out may come from elsewhere.
/// </param>
public sealed record EngineConfiguration(byte[] Content, Func<EngineDetails, bool> IsTakenUp)
{
    /// <summary>Whether both are the same file.</summary>
    public bool IsSameFile(EngineConfiguration other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Content.AsSpan().SequenceEqual(other.Content);
    }
}

/// <summary>What has an engine take up its configuration.</summary>
public enum EngineAction
{
    /// <summary>Nothing: it has it.</summary>
    None,

    /// <summary>A signal; nothing stops.</summary>
    Reload,

    /// <summary>A restart; containers go on.</summary>
    Restart,
}

/// <summary>What an engine's configuration is planned from.</summary>
public sealed record EngineConfigurationRequest
{
    /// <summary>The node.</summary>
    public required string Node { get; init; }

    /// <summary>What the node says of its engine.</summary>
    public required EngineFacts Facts { get; init; }

    /// <summary>What the engine says of itself; null when none runs.</summary>
    public EngineDetails? Engine { get; init; }

    /// <summary>What the site wants.</summary>
    public required EngineSettings Settings { get; init; }

    /// <summary>The site's registry, as host:port; null when it has none.</summary>
    public string? Registry { get; init; }

    /// <summary>A name for the trial that no other trial has.</summary>
    public required string Trial { get; init; }
}

/// <summary>What a node says of its engine.</summary>
public sealed record EngineFacts
{
    /// <summary>The engine's configuration on the node: the file that its start names, else the one that the site does.</summary>
    public required string File { get; init; }

    /// <summary>
    /// The admin's own configuration: what stands there, or stood there before a change that was cut off; null when there is none.
    /// </summary>
    public byte[]? Config { get; init; }

    /// <summary>Whether an earlier change was cut off before the engine had taken it up.</summary>
    public bool Pending { get; init; }

    /// <summary>Whether the file was changed after the engine had started, two seconds left to the rounding of both times.</summary>
    public bool ChangedSinceStart { get; init; }

    /// <summary>The file that the engine was started with, as far as a copy of it was kept; null when none was.</summary>
    public byte[]? StartedWith { get; init; }

    /// <summary>
    /// Whether an engine runs, as the node sees it, or is about to: one that does and cannot be asked has containers perhaps.
    /// </summary>
    public bool Runs { get; init; }

    /// <summary>Whether the node's service manager listens in the engine's place: whoever connects starts it.</summary>
    public bool ConnectingStarts { get; init; }

    /// <summary>The command line of the engine that runs, program and arguments; empty for none.</summary>
    public IReadOnlyList<string> CommandLine { get; init; } = [];

    /// <summary>The names of all facts, the engine's own among them (<see cref="IEngineAdministration.FactsScript"/>).</summary>
    public IReadOnlySet<string> Marks { get; init; } = new HashSet<string>();
}
