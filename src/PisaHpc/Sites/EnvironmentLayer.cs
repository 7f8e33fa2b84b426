using PisaHpc.Engines;

namespace PisaHpc.Sites;

/// <summary>
/// One layer of settings: what one place in the site definition, or the parameters of one call, say of an environment. A setting that
/// is null says nothing; see <see cref="HpcEnvironment"/> for what each one means.
/// </summary>
public sealed record EnvironmentLayer
{
    /// <summary>A layer that says nothing.</summary>
    public static EnvironmentLayer Empty { get; } = new() { Layer = "empty" };

    /// <summary>The layer below all others: a value for every setting but the image.</summary>
    public static EnvironmentLayer BuiltIn { get; } = Of(new HpcEnvironment { Name = "", Image = "" });

    /// <summary>The layer's name in words, for <see cref="SettingOrigin.Layer"/>.</summary>
    public required string Layer { get; init; }

    /// <summary>Other names of the environment; only an environment's own layer has any.</summary>
    public IReadOnlyList<Setting<string>> Aliases { get; init; } = [];

    /// <summary>
    /// The static environment into which its jobs are placed; only an environment's own layer names one, and then it says nothing else.
    /// </summary>
    public Setting<string>? Static { get; init; }

    /// <summary>The image as the layer names it, with or without a registry.</summary>
    public Setting<string>? Image { get; init; }

    /// <summary>The MPI implementation.</summary>
    public Setting<MpiFlavour>? Mpi { get; init; }

    /// <summary>The network.</summary>
    public Setting<NetworkMode>? Network { get; init; }

    /// <summary>The host name's pattern; a null value is the node's own name.</summary>
    public Setting<string?>? Hostname { get; init; }

    /// <summary>The network that MPI uses; a null value lets the node's network decide.</summary>
    public Setting<string?>? MpiNetwork { get; init; }

    /// <summary>The mounts; one for a target that a lower layer has too takes its place.</summary>
    public ListSetting<MountDefinition>? Mounts { get; init; }

    /// <summary>The limits.</summary>
    public LimitSettings Limits { get; init; } = LimitSettings.Empty;

    /// <summary>Adapters' names, or the one word <c>all</c> or <c>none</c>, which stands alone whatever the other layers say.</summary>
    public ListSetting<string>? Devices { get; init; }

    /// <summary>More device files; one with a path that a lower layer has too takes its place.</summary>
    public ListSetting<DeviceFile>? DeviceFiles { get; init; }

    /// <summary>Capabilities without CAP_.</summary>
    public ListSetting<string>? Capabilities { get; init; }

    /// <summary>Security options.</summary>
    public ListSetting<string>? SecurityOptions { get; init; }

    /// <summary>Environment variables; they merge by name.</summary>
    public IReadOnlyDictionary<string, Setting<string>> Variables { get; init; } = new Dictionary<string, Setting<string>>();

    /// <summary>Which of a user's variables programs get, by names with wildcards: whether they are kept.</summary>
    public IReadOnlyDictionary<string, Setting<bool>> UserVariables { get; init; } = new Dictionary<string, Setting<bool>>();

    /// <summary>How one gets in.</summary>
    public Setting<WayIn>? Access { get; init; }

    /// <summary>Whether an init process is PID 1.</summary>
    public Setting<bool>? Init { get; init; }

    /// <summary>Whether the container is privileged.</summary>
    public Setting<bool>? Privileged { get; init; }

    /// <summary>The sshd in the image.</summary>
    public Setting<string>? Sshd { get; init; }

    /// <summary>How long a container may take to become ready.</summary>
    public Setting<TimeSpan>? ReadyTimeout { get; init; }

    /// <summary>Whether it sets nothing; of an environment, whether it has no more than names and a static environment.</summary>
    internal bool SaysNothing =>
        Variables.Count == 0 && UserVariables.Count == 0 && this == Empty with
        {
            Layer = Layer,
            Aliases = Aliases,
            Static = Static,
            Variables = Variables,
            UserVariables = UserVariables,
        };

    private static EnvironmentLayer Of(HpcEnvironment values) => new()
    {
        Layer = "built-in",
        Mpi = new(values.Flavour),
        Network = new(values.NetworkMode),
        Hostname = new(values.Hostname),
        MpiNetwork = new(values.MpiNetwork),
        Mounts = Setting.Replacing(values.Mounts),
        Limits = new LimitSettings
        {
            Memlock = new(values.Limits.MemlockBytes),
            OpenFiles = new(values.Limits.OpenFiles),
            Shm = new(values.Limits.ShmBytes),
            Memory = new(values.Limits.MemoryBytes),
            MemoryPerSlot = new(values.Limits.MemoryPerSlotBytes),
            CpusFromSlots = new(values.Limits.CpusFromSlots),
            FromJob = new(values.Limits.Bounds),
            Pids = new(values.Limits.Pids),
        },
        Devices = Setting.Replacing(values.Devices),
        DeviceFiles = Setting.Replacing(values.DeviceFiles),
        Capabilities = Setting.Replacing(values.Capabilities),
        SecurityOptions = Setting.Replacing(values.SecurityOptions),
        Variables = values.Variables.ToDictionary(variable => variable.Key, variable => Setting.Of(variable.Value)),
        UserVariables = values.UserVariables.ToDictionary(rule => rule.Name, rule => Setting.Of(rule.Keep)),
        Access = new(values.Way),
        Init = new(values.Init),
        Privileged = new(values.Privileged),
        Sshd = new(values.Sshd),
        ReadyTimeout = new(TimeSpan.FromSeconds(values.ReadyTimeoutSec)),
    };
}
