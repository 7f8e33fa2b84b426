namespace PisaHpc.Engines;

/// <summary>Limits of a container that are changed while it runs. Null leaves a limit as it is.</summary>
public sealed record LimitUpdate
{
    /// <summary>The CPU quota in CPUs.</summary>
    public int? Cpus { get; init; }

    /// <summary>The CPUs that the container is bound to, as a list (cpuset(7)).</summary>
    public string? Cpuset { get; init; }

    /// <summary>Memory in bytes, and as much swap again, as when a container is made.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>The greatest number of processes; -1 for no limit.</summary>
    public long? Pids { get; init; }
}
