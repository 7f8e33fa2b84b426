namespace PisaHpc.Engines;

/// <summary>Something that happened to a container of an engine.</summary>
/// <param name="Time">When, by the engine's clock, in UTC.</param>
/// <param name="Kind">What.</param>
/// <param name="ContainerId">The container's full id.</param>
/// <param name="Name">Its name.</param>
/// <param name="ExitCode">
/// The main process's exit code, 128 + n when signal n ended it; null but for <see cref="ContainerEventKind.Died"/>.
/// </param>
/// <param name="Labels">Its labels.</param>
public sealed record ContainerEvent(
    DateTimeOffset Time,
    ContainerEventKind Kind,
    string ContainerId,
    string Name,
    int? ExitCode,
    IReadOnlyDictionary<string, string> Labels);

/// <summary>What happens to containers.</summary>
public enum ContainerEventKind
{
    /// <summary>It was made.</summary>
    Created,

    /// <summary>Its main process started.</summary>
    Started,

    /// <summary>The kernel killed a process of it for memory, which need not be the main one.</summary>
    OutOfMemory,

    /// <summary>Its main process ended.</summary>
    Died,

    /// <summary>Its limits changed.</summary>
    Updated,

    /// <summary>It has another name.</summary>
    Renamed,

    /// <summary>It was frozen.</summary>
    Paused,

    /// <summary>It goes on.</summary>
    Unpaused,

    /// <summary>It was removed.</summary>
    Destroyed,
}
