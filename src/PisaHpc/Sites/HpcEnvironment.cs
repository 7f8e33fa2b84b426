using PisaHpc.Engines;

namespace PisaHpc.Sites;

/// <summary>An environment after its layers are merged: site → queue → environment → parameters.</summary>
public sealed record HpcEnvironment
{
    /// <summary>The limit on open files, as <see cref="SettingOrigin.Option"/> writes it.</summary>
    internal const string OpenFilesOption = "limits.openFiles";

    /// <summary>The name.</summary>
    public required string Name { get; init; }

    /// <summary>Other names it answers to.</summary>
    public IReadOnlyList<string> Aliases { get => Readable.Words(field); init; } = [];

    /// <summary>The static environment into whose containers its jobs are placed; null where each job has containers of its own.</summary>
    public string? Static { get; init; }

    /// <summary>The image's reference as the engine takes it, the site's registry included.</summary>
    public required string Image { get; init; }

    /// <summary>The MPI implementation in the image: the word, one of <see cref="MpiFlavour"/>.</summary>
    public string Mpi => Flavour.ToString();

    internal MpiFlavour Flavour { get; init; } = MpiFlavour.OpenMpi;

    /// <summary>The container's network: the word, one of <see cref="NetworkMode"/>.</summary>
    public string Network => NetworkMode.ToString();

    internal NetworkMode NetworkMode { get; init; } = NetworkMode.Host;

    /// <summary>The container's host name, where <c>{node}</c> and <c>{job}</c> stand for themselves; null keeps the node's.</summary>
    public string? Hostname { get; init; }

    /// <summary>
    /// The network that MPI uses between nodes, in CIDR form or as an interface's name; null lets the node's network decide.
    /// </summary>
    public string? MpiNetwork { get; init; }

    /// <summary>The mounts.</summary>
    public IReadOnlyList<MountDefinition> Mounts { get => Readable.Words(field); init; } = [];

    /// <summary>The limits.</summary>
    public ContainerLimits Limits { get; init; } = new();

    /// <summary>Which InfiniBand devices go in: <c>all</c>, <c>none</c>, or adapters' names.</summary>
    public IReadOnlyList<string> Devices { get => Readable.Words(field); init; } = ["all"];

    /// <summary>The device files that go in beside those of the adapters.</summary>
    public IReadOnlyList<DeviceFile> DeviceFiles { get => Readable.Words(field); init; } = [];

    /// <summary>What has to be looked for on a node: the sources of mounts, and the device files.</summary>
    internal IEnumerable<string> NodePaths => Mounts.Select(mount => mount.Source).Concat(DeviceFiles.Select(file => file.Path));

    /// <summary>Capabilities to add, without CAP_; everything else is dropped.</summary>
    public IReadOnlyList<string> Capabilities { get => Readable.Words(field); init; } = [];

    /// <summary>Security options, as the engine takes them.</summary>
    public IReadOnlyList<string> SecurityOptions { get => Readable.Words(field); init; } = ["no-new-privileges"];

    /// <summary>Environment variables.</summary>
    public IReadOnlyDictionary<string, string> Variables { get => Readable.Pairs(field); init; } = new Dictionary<string, string>();

    /// <summary>
    /// Which of a user's variables a program gets that he starts in the container from its node: rules beyond those that the agent has by
    /// itself, in order. The last one that fits a name decides.
    /// </summary>
    public IReadOnlyList<VariableRule> UserVariables { get => Readable.Words(field); init; } = [];

    /// <summary>How one gets into its containers: the word, one of <see cref="WayIn"/>.</summary>
    public string Access => Way.ToString();

    internal WayIn Way { get; init; } = WayIn.Ssh;

    /// <summary>Whether an init process reaps children as PID 1.</summary>
    public bool Init { get; init; } = true;

    /// <summary>Whether the container is privileged: root on the node for whoever gets into it as root.</summary>
    public bool Privileged { get; init; }

    /// <summary>The sshd in the image.</summary>
    public string Sshd { get; init; } = "/usr/sbin/sshd";

    /// <summary>How long a container may take to become ready, in seconds; part of a second counts as a whole one.</summary>
    public int ReadyTimeoutSec { get; init; } = 60;

    /// <summary>Which layer set what: a row for every setting, and one for every item of a list.</summary>
    public IReadOnlyList<SettingOrigin> Origins { get => Readable.Lines(field); init; } = [];

    /// <summary>Where a setting came from; null when there is no such setting.</summary>
    /// <param name="option">
    /// The setting, as <see cref="SettingOrigin.Option"/> writes it: <c>limits.memlock</c>, <c>mounts[/cvmfs]</c>.
    /// </param>
    public SettingOrigin? OriginOf(string option) => Origins.FirstOrDefault(origin => origin.Option == option);

    /// <summary>How many files each process may have open; null where the environment leaves the engine's own limit.</summary>
    public OpenFilesLimit? OpenFilesLimit() => Limits.OpenFiles is { } count
        ? new OpenFilesLimit(count, OriginOf(OpenFilesOption) is { IsBuiltIn: false })
        : null;

    /// <summary>The environment and its image.</summary>
    public override string ToString() => $"{Name}: {Image}";
}

/// <summary>A directory or file of the node that a container sees.</summary>
public sealed record MountDefinition
{
    /// <summary>The absolute path on the node. It must exist there: the engine must not create it.</summary>
    public required string Source { get; init; }

    /// <summary>The absolute path in the container; the source's when the definition names none.</summary>
    public required string Target { get; init; }

    /// <summary>Whether the container may not write to it.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Whether a node that lacks the source goes without, instead of failing.</summary>
    public bool Optional { get; init; }

    /// <summary>
    /// The mount propagation (private, rprivate, shared, rshared, slave, rslave; mount_namespaces(7)); null for the engine's default.
    /// </summary>
    public string? Propagation { get; init; }

    /// <summary>The mount, as the site definition writes it.</summary>
    public override string ToString() => $"{Source}:{Target}{(ReadOnly ? ":ro" : "")}";
}

/// <summary>A device file of the node that a container gets beside those of InfiniBand adapters: /dev/knem, /dev/xpmem.</summary>
public sealed record DeviceFile
{
    /// <summary>The path below /dev, the same inside as outside.</summary>
    public required string Path { get; init; }

    /// <summary>Whether a node that lacks it goes without, instead of failing.</summary>
    public bool Optional { get; init; }

    /// <summary>Its path.</summary>
    public override string ToString() => Path;
}

/// <summary>A rule for a user's variables.</summary>
/// <param name="Name">A name; <c>*</c> stands for any characters, <c>?</c> for one.</param>
/// <param name="Keep">Whether a program gets them.</param>
public sealed record VariableRule(string Name, bool Keep)
{
    /// <summary>The name, with a minus where it is kept out.</summary>
    public override string ToString() => Keep ? Name : $"-{Name}";
}

/// <summary>The ways into a job's containers among which an environment chooses.</summary>
public enum WayIn
{
    /// <summary>An sshd in each, from every node of the job; and the agent beside it.</summary>
    Ssh,

    /// <summary>The agent alone, from the container's own node: for images without an sshd.</summary>
    Agent,
}

/// <summary>An MPI implementation, by its launcher's command line.</summary>
public enum MpiFlavour
{
    /// <summary>Open MPI 4 (ORTE) or 5 (PRRTE): the launcher's version decides.</summary>
    OpenMpi,

    /// <summary>MPICH and its kin, launched by Hydra.</summary>
    Mpich,
}
