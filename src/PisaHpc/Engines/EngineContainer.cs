namespace PisaHpc.Engines;

/// <summary>A container as the engine sees it.</summary>
public sealed record EngineContainer
{
    /// <summary>The full id.</summary>
    public required string Id { get; init; }

    /// <summary>The name, without the leading slash.</summary>
    public required string Name { get; init; }

    /// <summary>The image's reference as it was asked for.</summary>
    public required string Image { get; init; }

    /// <summary>The id of the image that it was made of; null where that was not told.</summary>
    public string? ImageId { get; init; }

    /// <summary>The state.</summary>
    public required ContainerState State { get; init; }

    /// <summary>The exit code of the main process; null while it has not ended, and in listings.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Whether the kernel killed it for memory.</summary>
    public bool OutOfMemory { get; init; }

    /// <summary>The engine's own error text; empty when it has none.</summary>
    public string Error { get; init; } = "";

    /// <summary>When it was created, in UTC.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When its main process started, in UTC; null before, and in listings.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Ports of its node that lead into it while it runs; none where that was not told, as by an inspection.</summary>
    public IReadOnlyList<PublishedPort> Published { get; init; } = [];

    /// <summary>The labels.</summary>
    public required IReadOnlyDictionary<string, string> Labels { get; init; }
}

/// <summary>A container's state in the engine's words.</summary>
public enum ContainerState
{
    /// <summary>Created, not started.</summary>
    Created,

    /// <summary>Its main process runs.</summary>
    Running,

    /// <summary>Frozen.</summary>
    Paused,

    /// <summary>Between two runs.</summary>
    Restarting,

    /// <summary>On its way out.</summary>
    Removing,

    /// <summary>Its main process ended.</summary>
    Exited,

    /// <summary>The engine failed to remove it.</summary>
    Dead,
}
