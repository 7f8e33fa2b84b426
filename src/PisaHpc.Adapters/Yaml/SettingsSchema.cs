using System.Text.Json.Nodes;
using PisaHpc.Engines;
using PisaHpc.Sites;
using static PisaHpc.Adapters.Yaml.CollectionShapes;
using static PisaHpc.Adapters.Yaml.ScalarShapes;
using LayerKey = PisaHpc.Adapters.Yaml.DefinitionKeys<PisaHpc.Sites.EnvironmentLayer>;
using LimitKey = PisaHpc.Adapters.Yaml.DefinitionKeys<PisaHpc.Sites.LimitSettings>;

namespace PisaHpc.Adapters.Yaml;

/// <summary>The keys of environment settings: of the defaults, of each environment and of each queue.</summary>
internal static class SettingsSchema
{
    private static readonly Shape<LimitSettings> Limits = Map<LimitSettings>(
        LimitSettings.Empty,
        [
            LimitKey.Of(
                "memlock", Size(("unlimited", -1), ("host", null)), (limits, size) => limits with { Memlock = size },
                "Locked memory: a size, unlimited, or host for the node's own limit."),
            LimitKey.Of(
                "openFiles", CountOr(("host", null)), (limits, count) => limits with { OpenFiles = count },
                "How many files a process may have open: a number, or host for the engine's own limit; 65536 when left out, or fewer "
                + "where a node allows fewer."),
            LimitKey.Of(
                "shm", Size(("default", null)), (limits, size) => limits with { Shm = size },
                "The size of /dev/shm."),
            LimitKey.Of(
                "memory", Size(("unlimited", null)), (limits, size) => limits with { Memory = size },
                "Memory of the container."),
            LimitKey.Of(
                "memoryPerSlot", Size(("unlimited", null)), (limits, size) => limits with { MemoryPerSlot = size },
                "Memory for each slot that the job has on the node; instead of memory, and of a lower layer's memory."),
            LimitKey.Of(
                "cpus", Word(("slots", true), ("none", false)), (limits, word) => limits with { CpusFromSlots = word },
                "The CPU quota: slots for the CPUs that the job was granted on the node, where the batch system says how many, or none."),
            LimitKey.Of(
                "fromJob",
                Word(
                    (SettingWords.Of(JobLimits.Known), JobLimits.Known),
                    (SettingWords.Of(JobLimits.Required), JobLimits.Required),
                    (SettingWords.Of(JobLimits.None), JobLimits.None)),
                (limits, word) => limits with { FromJob = word },
                "Whether CPUs and memory are never more than the batch system granted to the job on the node: known for as far as that is "
                + "known, required to start no job of which it is not, none for no bound."),
            LimitKey.Of(
                "pids", CountOr(("unlimited", null)), (limits, count) => limits with { Pids = count },
                "The greatest number of processes and threads."),
        ],
        finish: CheckMemory).Named("limits");

    private static readonly Shape<ListSetting<string>> DeviceNames = List(SiteShapes.Device, orOne: true);

    private static readonly Shape<ListSetting<string>> Devices = new(
        (node, path, reading) => DeviceNames.Read(node, path, reading) is { } list ? Alone(list, node, path, reading) : null,
        definitions => new JsonObject
        {
            ["anyOf"] = new JsonArray(new JsonObject { ["enum"] = new JsonArray("all", "none") }, DeviceNames.Schema(definitions)),
        });

    /// <summary>The keys.</summary>
    public static IReadOnlyList<DefinitionKey<EnvironmentLayer>> Keys { get; } =
    [
        LayerKey.Of(
            "image", SiteShapes.Image, (layer, image) => layer with { Image = image },
            "The image. The site's registry comes before it unless it names one itself."),
        LayerKey.Of(
            "mpi",
            Word((SettingWords.Of(MpiFlavour.OpenMpi), MpiFlavour.OpenMpi), (SettingWords.Of(MpiFlavour.Mpich), MpiFlavour.Mpich)),
            (layer, mpi) => layer with { Mpi = mpi },
            "The MPI implementation in the image."),
        LayerKey.Of(
            "network",
            Word((SettingWords.Of(NetworkMode.Host), NetworkMode.Host), (SettingWords.Of(NetworkMode.Bridge), NetworkMode.Bridge)),
            (layer, network) => layer with { Network = network },
            "The network: host for the node's own, bridge for the engine's with the job's port published."),
        LayerKey.Of(
            "hostname", SiteShapes.Hostname, (layer, hostname) => layer with { Hostname = hostname! },
            "The container's host name, with {node} and {job}."),
        LayerKey.Of(
            "mpiNetwork", SiteShapes.MpiNetwork, (layer, network) => layer with { MpiNetwork = network! },
            "The network that MPI uses between nodes: CIDR, or an interface's name."),
        LayerKey.Of(
            "mounts", List(MountShape.Mount), (layer, mounts) => layer with { Mounts = mounts.Value },
            "What of the node the container sees. Appends; !replace starts anew; the same target again takes the place."),
        LayerKey.Of(
            "limits", Limits, (layer, limits) => layer with { Limits = limits.Value },
            "What the container may use."),
        LayerKey.Of(
            "devices", Devices, (layer, devices) => layer with { Devices = devices.Value },
            "InfiniBand devices: all, none, or adapters' names."),
        LayerKey.Of(
            "deviceFiles", List(DeviceFileShape.File), (layer, files) => layer with { DeviceFiles = files.Value },
            "More device files of the node, such as /dev/knem. Appends; !replace starts anew; the same path again takes the place."),
        LayerKey.Of(
            "capabilities", List(SiteShapes.Capability), (layer, capabilities) => layer with { Capabilities = capabilities.Value },
            "Capabilities to add; every other is dropped. Appends; !replace starts anew."),
        LayerKey.Of(
            "securityOptions", List(SiteShapes.SecurityOption), (layer, options) => layer with { SecurityOptions = options.Value },
            "Security options. Appends to no-new-privileges; !replace starts anew."),
        LayerKey.Of(
            "variables",
            ByName(SiteShapes.VariableName, SiteShapes.VariableValue, StringComparer.Ordinal),
            (layer, variables) => layer with { Variables = variables.Value },
            "Environment variables; they merge by name."),
        LayerKey.Of(
            "userVariables",
            ByName(SiteShapes.VariableNames, Word(("keep", true), ("drop", false)), StringComparer.Ordinal),
            (layer, rules) => layer with { UserVariables = rules.Value },
            "Which of a user's variables programs get that he starts in the container from its node, beyond the agent's own rules: names "
            + "with * and ?, each with keep or drop. The last that fits decides; a higher layer's come after a lower one's."),
        LayerKey.Of(
            "access",
            Word((SettingWords.Of(WayIn.Ssh), WayIn.Ssh), (SettingWords.Of(WayIn.Agent), WayIn.Agent)),
            (layer, way) => layer with { Access = way },
            "How one gets into a job's containers: ssh for an sshd in each, with the agent beside it; agent for the agent alone, which "
            + "needs no sshd in the image and leads into a container from its own node only."),
        LayerKey.Of(
            "init", Flag, (layer, flag) => layer with { Init = flag },
            "Whether an init process reaps children as PID 1."),
        LayerKey.Of(
            "privileged", Flag, (layer, flag) => layer with { Privileged = flag },
            "Whether the container is privileged: who is root in it is root on the node."),
        LayerKey.Of(
            "sshd", SiteShapes.AbsolutePath, (layer, path) => layer with { Sshd = path },
            "The sshd in the image."),
        LayerKey.Of(
            "readyTimeout", Time, (layer, time) => layer with { ReadyTimeout = time },
            "How long a container may take to become ready."),
    ];

    /// <summary>The keys that the module sets itself, with the reason.</summary>
    public static IReadOnlyDictionary<string, string> Reserved { get; } = new Dictionary<string, string>
    {
        ["user"] = "the container runs as the job's owner",
        ["groups"] = "the container has all groups of the job's owner",
        ["groupAdd"] = "the container has all groups of the job's owner",
        ["name"] = "the container is named for its job",
        ["containerName"] = "the container is named for its job",
        ["labels"] = "labels say which job a container belongs to",
        ["cgroupParent"] = "a container's cgroup is the engine's own choice",
        ["ports"] = "the port is the job's, from the port area",
        ["publish"] = "the port is the job's, from the port area",
        ["ulimit"] = "the limits stand under 'limits'",
        ["ulimits"] = "the limits stand under 'limits'",
        ["cpuset"] = "the CPUs are not bound; 'limits.cpus' is their quota",
        ["command"] = "the container runs the job's sshd",
        ["entrypoint"] = "the container runs the job's sshd",
        ["workdir"] = "a login begins in the user's home, and Invoke-ContainerMpi has -WorkingDirectory",
        ["workingDirectory"] = "a login begins in the user's home, and Invoke-ContainerMpi has -WorkingDirectory",
        ["restart"] = "a container ends with its job",
    };

    /// <summary>A map of settings alone.</summary>
    public static Shape<EnvironmentLayer> Settings { get; } = Map(EnvironmentLayer.Empty, Keys, Reserved);

    private static LimitSettings? CheckMemory(LimitSettings limits, DefinitionNode node, string path, SiteReading reading)
    {
        if (limits is { Memory.Value: not null, MemoryPerSlot.Value: not null })
        {
            reading.Error("BadValue", node, path, "'memory' and 'memoryPerSlot' exclude each other", "Keep one of the two.");
            return null;
        }

        return limits;
    }

    private static Setting<ListSetting<string>>? Alone(
        Setting<ListSetting<string>> list, DefinitionNode node, string path, SiteReading reading)
    {
        var names = list.Value.Items;
        if (names.Count < 2 || names.FirstOrDefault(name => name.Value is "all" or "none") is not { } word)
        {
            return list;
        }

        reading.Error(
            "BadValue", node, path, $"{Quote.Of(word.Value)} stands beside other names",
            $"Write {Quote.Of(word.Value)} alone, or the names alone.");
        return null;
    }
}
