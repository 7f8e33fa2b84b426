using System.Globalization;
using Docker.DotNet.Models;
using PisaHpc.Engines;
using ContainerSpec = PisaHpc.Engines.ContainerSpec;
using RestartPolicy = Docker.DotNet.Models.RestartPolicy;

namespace PisaHpc.Adapters.Engines.Docker;

/// <summary>A container's specification in the engine's own terms.</summary>
internal static class ContainerParameters
{
    private const long NanoCpus = 1_000_000_000;

    /// <summary>The request that creates the container.</summary>
    public static CreateContainerParameters Of(ContainerSpec spec) => new()
    {
        Name = spec.Name,
        Image = spec.Image,

        // The program is the entry point, so that an image's own does not take the command as its arguments.
        Entrypoint = [spec.Command[0]],
        Cmd = [.. spec.Command.Skip(1)],
        Hostname = spec.Hostname ?? "",
        User = spec.User,
        Env = [.. spec.Environment.Select(variable => $"{variable.Key}={variable.Value}")],
        WorkingDir = spec.WorkingDirectory ?? "",

        // What a stop means, whatever signal the image names.
        StopSignal = spec.StopSignal ?? "SIGTERM",
        OpenStdin = spec.OpenInput,
        Tty = spec.Terminal,
        Labels = new Dictionary<string, string>(spec.Labels, StringComparer.Ordinal),
        ExposedPorts = spec.PublishedPorts.ToDictionary(TcpPort, _ => default(EmptyStruct)),
        HostConfig = HostOf(spec),
    };

    /// <summary>The request that changes limits: 0 and an empty text leave one as it is.</summary>
    public static ContainerUpdateParameters Of(LimitUpdate limits)
    {
        var wanted = new ContainerUpdateParameters
        {
            NanoCPUs = (limits.Cpus ?? 0) * NanoCpus,
            CpusetCpus = limits.Cpuset ?? "",
            Memory = limits.MemoryBytes ?? 0,

            // What the engine gives by itself when a container is made, and when it is changed does not: it refuses more memory than swap.
            MemorySwap = 2 * (limits.MemoryBytes ?? 0),
            PidsLimit = limits.Pids,
        };
        if (limits.Restart is { } restart)
        {
            wanted.RestartPolicy = new RestartPolicy { Name = RestartOf(restart) };
        }

        return wanted;
    }

    private static HostConfig HostOf(ContainerSpec spec) => new()
    {
        NetworkMode = spec.Network == NetworkMode.Host ? "host" : "bridge",
        PortBindings = spec.PublishedPorts.ToDictionary(TcpPort, PublishedAs),
        GroupAdd = [.. spec.Groups.Select(group => group.ToString(CultureInfo.InvariantCulture))],
        Mounts = [.. spec.Mounts.Where(mount => !mount.MakesSource).Select(MountOf)],
        Binds = [.. spec.Mounts.Where(mount => mount.MakesSource).Select(mount => mount.ToString())],
        Devices = [.. spec.Devices.Select(DeviceOf)],
        NanoCPUs = (spec.Cpus ?? 0) * NanoCpus,
        CpusetCpus = spec.Cpuset ?? "",
        Memory = spec.MemoryBytes ?? 0,
        ShmSize = spec.ShmBytes ?? 0,
        PidsLimit = spec.Pids,
        Ulimits = [.. UlimitOf("memlock", spec.MemlockBytes), .. UlimitOf("nofile", spec.OpenFiles?.Count)],
        CapDrop = [.. spec.CapabilitiesDropped],
        CapAdd = [.. spec.Capabilities],
        SecurityOpt = [.. spec.SecurityOptions],
        Privileged = spec.Privileged,
        Init = spec.Init,
        RestartPolicy = new RestartPolicy { Name = RestartOf(spec.Restart) },
        Tmpfs = spec.Tmpfs.ToDictionary(directory => directory, _ => ""),
        AutoRemove = spec.AutoRemove,
        CgroupParent = spec.CgroupParent ?? "",
    };

    private static RestartPolicyKind RestartOf(PisaHpc.Engines.RestartPolicy policy) => policy switch
    {
        PisaHpc.Engines.RestartPolicy.OnFailure => RestartPolicyKind.OnFailure,
        PisaHpc.Engines.RestartPolicy.Always => RestartPolicyKind.Always,
        PisaHpc.Engines.RestartPolicy.UnlessStopped => RestartPolicyKind.UnlessStopped,
        _ => RestartPolicyKind.No,
    };

    private static IEnumerable<Ulimit> UlimitOf(string name, long? limit) =>
        limit is { } value ? [new Ulimit { Name = name, Soft = value, Hard = value }] : [];

    private static string TcpPort(int port) => string.Create(CultureInfo.InvariantCulture, $"{port}/tcp");

    private static IList<PortBinding> PublishedAs(int port) => [new PortBinding { HostPort = port.ToString(CultureInfo.InvariantCulture) }];

    /// <summary>A mount, not a bind: for a bind the engine makes a missing source a new empty directory.</summary>
    private static Mount MountOf(ContainerMount mount) => new()
    {
        Type = "bind",
        Source = mount.Source,
        Target = mount.Target,
        ReadOnly = mount.ReadOnly,
        BindOptions = mount.Propagation is { } propagation ? new BindOptions { Propagation = propagation } : null,
    };

    private static DeviceMapping DeviceOf(string path) => new() { PathOnHost = path, PathInContainer = path, CgroupPermissions = "rwm" };
}
