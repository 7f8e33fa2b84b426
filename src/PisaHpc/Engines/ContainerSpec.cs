namespace PisaHpc.Engines;

/// <summary>A container, exactly as the engine is asked to create it.</summary>
public sealed record ContainerSpec
{
    /// <summary>The name, unique for each attempt at starting the job.</summary>
    public required string Name { get; init; }

    /// <summary>The image's reference.</summary>
    public required string Image { get; init; }

    /// <summary>The program and its arguments.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>The host name; null keeps the node's (host network).</summary>
    public string? Hostname { get; init; }

    /// <summary>The network.</summary>
    public NetworkMode Network { get; init; }

    /// <summary>TCP ports published on the node under the same number; only with <see cref="NetworkMode.Bridge"/>.</summary>
    public IReadOnlyList<int> PublishedPorts { get; init; } = [];

    /// <summary>The user and group, as <c>uid:gid</c>.</summary>
    public required string User { get; init; }

    /// <summary>Supplementary groups by number: the engine drops every group it is not told (docker/cli#3058).</summary>
    public IReadOnlyList<uint> Groups { get; init; } = [];

    /// <summary>Environment variables.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>The working directory; null for the image's.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Whether its main process has a standard input that stays open, whether or not somebody is attached.</summary>
    public bool OpenInput { get; init; }

    /// <summary>Whether its main process has a terminal.</summary>
    public bool Terminal { get; init; }

    /// <summary>The bind mounts.</summary>
    public IReadOnlyList<ContainerMount> Mounts { get; init; } = [];

    /// <summary>Device files, the same path inside as outside, with rwm.</summary>
    public IReadOnlyList<string> Devices { get; init; } = [];

    /// <summary>The CPU quota in CPUs; null is no quota.</summary>
    public int? Cpus { get; init; }

    /// <summary>The CPUs the container is bound to, as a list (cpuset(7)); null is no binding.</summary>
    public string? Cpuset { get; init; }

    /// <summary>Memory in bytes; null is no limit.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Size of /dev/shm in bytes; null for the engine's default.</summary>
    public long? ShmBytes { get; init; }

    /// <summary>RLIMIT_MEMLOCK in bytes, -1 for unlimited; null leaves the engine's.</summary>
    public long? MemlockBytes { get; init; }

    /// <summary>RLIMIT_NOFILE; null leaves the engine's.</summary>
    public OpenFilesLimit? OpenFiles { get; init; }

    /// <summary>The greatest number of processes; null is no limit.</summary>
    public long? Pids { get; init; }

    /// <summary>Capabilities dropped.</summary>
    public IReadOnlyList<string> CapabilitiesDropped { get; init; } = ["ALL"];

    /// <summary>Capabilities added.</summary>
    public IReadOnlyList<string> Capabilities { get; init; } = [];

    /// <summary>Security options.</summary>
    public IReadOnlyList<string> SecurityOptions { get; init; } = [];

    /// <summary>Whether it is privileged.</summary>
    public bool Privileged { get; init; }

    /// <summary>Whether an init process is PID 1.</summary>
    public bool Init { get; init; } = true;

    /// <summary>What the engine does when its main process ends, or the engine itself comes back.</summary>
    public RestartPolicy Restart { get; init; }

    /// <summary>The signal that asks its main process to end; null is TERM.</summary>
    public string? StopSignal { get; init; }

    /// <summary>Directories in the container that are an empty tmpfs(5) at each start.</summary>
    public IReadOnlyList<string> Tmpfs { get; init; } = [];

    /// <summary>Whether the engine removes it when it ends.</summary>
    public bool AutoRemove { get; init; }

    /// <summary>The parent cgroup; null for the engine's.</summary>
    public string? CgroupParent { get; init; }

    /// <summary>Everything needed to find the container, and its job, again.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();
}

/// <summary>A bind mount.</summary>
/// <param name="Source">The path on the node, which exists unless the engine makes it.</param>
/// <param name="Target">The path in the container.</param>
/// <param name="ReadOnly">Whether the container may not write.</param>
/// <param name="Propagation">The propagation; null for the engine's default.</param>
public sealed record ContainerMount(string Source, string Target, bool ReadOnly, string? Propagation = null)
{
    /// <summary>Whether the engine makes a directory of root's where the source is missing, as after a boot on a tmpfs.</summary>
    public bool MakesSource { get; init; }

    /// <summary>The mount as <c>docker run -v</c> writes it.</summary>
    public override string ToString() =>
        string.Join(':', new[] { Source, Target, string.Join(',', new[] { ReadOnly ? "ro" : "rw", Propagation }.OfType<string>()) });
}

/// <summary>When an engine starts a container again by itself.</summary>
public enum RestartPolicy
{
    /// <summary>Never.</summary>
    No,

    /// <summary>When its main process ended with another code than 0; after a reboot of the node, too, where that was so.</summary>
    OnFailure,

    /// <summary>Whenever its main process ended, and when the engine comes back, also where somebody had stopped it.</summary>
    Always,

    /// <summary>Whenever its main process ended, and when the engine comes back, unless somebody had stopped it.</summary>
    UnlessStopped,
}

/// <summary>A container's network.</summary>
public enum NetworkMode
{
    /// <summary>The node's own: MPI daemons call back on any port.</summary>
    Host,

    /// <summary>The engine's bridge, with the job's port published.</summary>
    Bridge,
}

/// <summary>How many files each process of a container may have open: RLIMIT_NOFILE, soft and hard alike (getrlimit(2)).</summary>
/// <param name="Count">The limit.</param>
/// <param name="Required">
/// Whether a layer of the site or a parameter asked for it: a node that allows fewer then refuses the container. The limit that holds when
/// nobody asks gives way there, to what the node's engine gives by itself.
/// </param>
public sealed record OpenFilesLimit(long Count, bool Required);

/// <summary>
/// Limits of a container that are changed while it runs, and when its engine starts it again. Null leaves one as it is.
/// </summary>
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

    /// <summary>When its engine starts it again by itself.</summary>
    public RestartPolicy? Restart { get; init; }
}
