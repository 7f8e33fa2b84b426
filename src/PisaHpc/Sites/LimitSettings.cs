namespace PisaHpc.Sites;

/// <summary>What a layer says of the limits; see <see cref="ContainerLimits"/> for the meaning of each value.</summary>
public sealed record LimitSettings
{
    /// <summary>A layer's limits when it says nothing of them.</summary>
    public static LimitSettings Empty { get; } = new();

    /// <summary>Locked memory in bytes; -1 is unlimited; a null value is the node's own limit.</summary>
    public Setting<long?>? Memlock { get; init; }

    /// <summary>How many files a process may have open; a null value is the engine's own limit.</summary>
    public Setting<long?>? OpenFiles { get; init; }

    /// <summary>The size of /dev/shm in bytes; a null value is the engine's default.</summary>
    public Setting<long?>? Shm { get; init; }

    /// <summary>Memory in bytes; a null value is no limit.</summary>
    public Setting<long?>? Memory { get; init; }

    /// <summary>Memory in bytes for each slot; a null value is no such limit.</summary>
    public Setting<long?>? MemoryPerSlot { get; init; }

    /// <summary>Whether the CPU quota is the number of slots.</summary>
    public Setting<bool>? CpusFromSlots { get; init; }

    /// <summary>The greatest number of processes; a null value is no limit.</summary>
    public Setting<long?>? Pids { get; init; }
}
