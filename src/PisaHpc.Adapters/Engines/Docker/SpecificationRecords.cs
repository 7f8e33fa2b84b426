using System.Globalization;
using Docker.DotNet.Models;
using PisaHpc.Engines;
using ContainerSpec = PisaHpc.Engines.ContainerSpec;
using RestartPolicy = Docker.DotNet.Models.RestartPolicy;

namespace PisaHpc.Adapters.Engines.Docker;

/// <summary>A container's specification from an inspection: <see cref="ContainerParameters"/> the other way round.</summary>
internal static class SpecificationRecords
{
    private const long NanoCpus = 1_000_000_000;

    private static readonly HashSet<string> Propagations =
        new(["private", "rprivate", "shared", "rshared", "slave", "rslave"], StringComparer.Ordinal);

    /// <summary>The specification.</summary>
    public static ContainerSpec Of(ContainerInspectResponse answer)
    {
        var config = answer.Config ?? new ContainerConfig();
        var host = answer.HostConfig ?? new HostConfig();
        return new ContainerSpec
        {
            Name = answer.Name.TrimStart('/'),
            Image = config.Image ?? answer.Image,

            // Entry point and arguments as they were joined, whichever of them the image gave.
            Command = [answer.Path, .. answer.Args ?? []],
            Hostname = TextOf(config.Hostname),
            Network = host.NetworkMode == "host" ? NetworkMode.Host : NetworkMode.Bridge,
            PublishedPorts = [.. (host.PortBindings ?? new Dictionary<string, IList<PortBinding>>()).SelectMany(PublishedOf).Order()],
            User = config.User ?? "",
            Groups = [.. (host.GroupAdd ?? []).SelectMany(GroupOf)],
            Environment = EnvironmentOf(config.Env ?? []),
            WorkingDirectory = TextOf(config.WorkingDir),
            OpenInput = config.OpenStdin,
            Terminal = config.Tty,
            Mounts =
            [
                .. (host.Mounts ?? []).Where(mount => mount.Type == "bind").Select(MountOf),
                .. (host.Binds ?? []).SelectMany(BindOf),
            ],
            Devices = [.. (host.Devices ?? []).Select(device => device.PathOnHost)],
            Cpus = host.NanoCPUs > 0 ? (int)(host.NanoCPUs / NanoCpus) : null,
            Cpuset = TextOf(host.CpusetCpus),
            MemoryBytes = LimitOf(host.Memory),
            ShmBytes = LimitOf(host.ShmSize),
            MemlockBytes = UlimitOf(host, "memlock"),
            OpenFiles = UlimitOf(host, "nofile") is { } count ? new OpenFilesLimit(count, Required: true) : null,
            Pids = LimitOf(host.PidsLimit ?? 0),
            CapabilitiesDropped = CapabilitiesOf(host.CapDrop),
            Capabilities = CapabilitiesOf(host.CapAdd),
            SecurityOptions = [.. host.SecurityOpt ?? []],
            Privileged = host.Privileged,
            Init = host.Init == true,
            Restart = RestartOf(host.RestartPolicy),
            StopSignal = config.StopSignal is null or "" or "SIGTERM" ? null : config.StopSignal,
            Tmpfs = [.. (host.Tmpfs ?? new Dictionary<string, string>()).Keys.Order(StringComparer.Ordinal)],
            AutoRemove = host.AutoRemove,
            CgroupParent = TextOf(host.CgroupParent),
            Labels = ContainerRecords.LabelsOf(config.Labels),
        };
    }

    private static PisaHpc.Engines.RestartPolicy RestartOf(RestartPolicy? policy) => policy?.Name switch
    {
        RestartPolicyKind.OnFailure => PisaHpc.Engines.RestartPolicy.OnFailure,
        RestartPolicyKind.Always => PisaHpc.Engines.RestartPolicy.Always,
        RestartPolicyKind.UnlessStopped => PisaHpc.Engines.RestartPolicy.UnlessStopped,
        _ => PisaHpc.Engines.RestartPolicy.No,
    };

    private static string? TextOf(string? text) => string.IsNullOrEmpty(text) ? null : text;

    /// <summary>A limit; the engine writes 0, and -1 for processes, where there is none.</summary>
    private static long? LimitOf(long limit) => limit > 0 ? limit : null;

    private static long? UlimitOf(HostConfig host, string name) => host.Ulimits?.FirstOrDefault(limit => limit.Name == name)?.Hard;

    private static IEnumerable<int> PublishedOf(KeyValuePair<string, IList<PortBinding>> binding) =>
        binding.Key.Split('/') is [var text, "tcp"] && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            && (binding.Value ?? []).Any(published => published.HostPort == text) ? [port] : [];

    private static IEnumerable<uint> GroupOf(string group) =>
        uint.TryParse(group, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? [number] : [];

    /// <summary>A name that stands twice has its last value, as for a process.</summary>
    private static Dictionary<string, string> EnvironmentOf(IEnumerable<string> variables)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var variable in variables)
        {
            var end = variable.IndexOf('=', StringComparison.Ordinal);
            environment[end < 0 ? variable : variable[..end]] = end < 0 ? "" : variable[(end + 1)..];
        }

        return environment;
    }

    private static ContainerMount MountOf(Mount mount) =>
        new(mount.Source ?? "", mount.Target ?? "", mount.ReadOnly == true, TextOf(mount.BindOptions?.Propagation));

    /// <summary>A mount that was asked for as <c>docker run -v</c> writes it; a volume's name is no path, and no mount of ours.</summary>
    private static IEnumerable<ContainerMount> BindOf(string bind)
    {
        var parts = bind.Split(':');
        var options = parts is [_, _, var words] ? words.Split(',') : [];
        return parts is [['/', ..], _, ..]
            ? [new ContainerMount(parts[0], parts[1], options.Contains("ro"), options.FirstOrDefault(Propagations.Contains))]
            : [];
    }

    /// <summary>
    /// Without CAP_, which some engines put before each, and in capitals: engines take them in any case. The order is the engine's.
    /// </summary>
    private static List<string> CapabilitiesOf(IEnumerable<string>? names) =>
    [
        .. from name in names ?? []
           let upper = name.ToUpperInvariant()
           select upper.StartsWith("CAP_", StringComparison.Ordinal) ? upper["CAP_".Length..] : upper,
    ];
}
