namespace PisaHpc.Sites;

/// <summary>What a container may use.</summary>
public sealed record ContainerLimits
{
    /// <summary>Locked memory in bytes; -1 is unlimited; null leaves the node's own limit (<c>host</c>).</summary>
    public long? MemlockBytes { get; init; }

    /// <summary>
    /// How many files a process may have open (RLIMIT_NOFILE, getrlimit(2)); null leaves the engine's own limit (<c>host</c>). A stock
    /// containerd of systemd's (<c>LimitNOFILE=infinity</c>) gives containers 1073741816 of them, and a program that closes every possible
    /// descriptor before it starts another, as Open MPI 4's launcher does, is busy with that for many minutes.
    /// </summary>
    public long? OpenFiles { get; init; } = 65536;

    /// <summary>The size of /dev/shm in bytes; null for the engine's default (64 MiB).</summary>
    public long? ShmBytes { get; init; }

    /// <summary>Memory in bytes; null is no limit.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>
    /// Memory in bytes for each slot the job has on the node; null when not asked. Of this and <see cref="MemoryBytes"/> the higher layer's
    /// stands; only one layer that sets both leaves both.
    /// </summary>
    public long? MemoryPerSlotBytes { get; init; }

    /// <summary>Whether the container has a CPU quota, the CPUs that the job was granted on the node.</summary>
    public bool CpusFromSlots { get; init; } = true;

    /// <summary>Whether what the batch system granted to a job bounds its containers: the word, one of <see cref="JobLimits"/>.</summary>
    public string FromJob => Bounds.ToString();

    internal JobLimits Bounds { get; init; } = JobLimits.Known;

    /// <summary>The greatest number of processes and threads; null is no limit.</summary>
    public long? Pids { get; init; }

    /// <summary>The limits that are set, as <c>name=value</c>, sizes in bytes.</summary>
    public override string ToString() => string.Join(
        ' ',
        new (string Name, object? Value)[]
        {
            ("memlock", MemlockBytes), ("openFiles", OpenFiles), ("shm", ShmBytes), ("memory", MemoryBytes),
            ("memoryPerSlot", MemoryPerSlotBytes), ("cpus", CpusFromSlots ? "slots" : null), ("fromJob", FromJob), ("pids", Pids),
        }
            .Where(limit => limit.Value is not null)
            .Select(limit => $"{limit.Name}={limit.Value}"));
}

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

    /// <summary>Whether there is a CPU quota.</summary>
    public Setting<bool>? CpusFromSlots { get; init; }

    /// <summary>Whether what a job was granted bounds its containers.</summary>
    public Setting<JobLimits>? FromJob { get; init; }

    /// <summary>The greatest number of processes; a null value is no limit.</summary>
    public Setting<long?>? Pids { get; init; }
}

/// <summary>Whether a job's containers may use more on a node than the batch system granted there.</summary>
public enum JobLimits
{
    /// <summary>They may not, as far as it is known what was granted.</summary>
    Known,

    /// <summary>They may not, and a job of which it is not known is not started.</summary>
    Required,

    /// <summary>What was granted bounds nothing.</summary>
    None,
}
