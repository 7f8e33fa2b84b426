using System.Globalization;
using Docker.DotNet.Models;
using PisaHpc.Engines;

namespace PisaHpc.Adapters.Engines.Docker;

/// <summary>
/// What a container has that <see cref="ContainerParameters"/> never asks for: by another's <c>docker run</c>, or by <c>docker update</c>.
/// What an engine fills in by itself (runtime, log driver, limits of its own configuration) is none of it.
/// </summary>
internal static class FurtherOptions
{
    private const long NanoCpus = 1_000_000_000;

    /// <summary>The kernel's own in microseconds (cgroups, cpu.cfs_period_us), and its weight of a group.</summary>
    private const long UsualPeriod = 100_000, UsualShares = 1024;

    /// <summary>The options, each by its name on the command line.</summary>
    public static IReadOnlyList<FurtherOption> Of(HostConfig host) =>
    [
        .. ProcessorOptions(host), .. MemoryOptions(host), .. DiskOptions(host), .. NamespaceOptions(host), .. NetworkOptions(host),
        .. FileOptions(host), .. DeviceOptions(host), .. RestartOptions(host),
    ];

    /// <summary>Where there are whole CPUs, quota and period are how some engines write those.</summary>
    private static IEnumerable<FurtherOption> ProcessorOptions(HostConfig host) =>
    [
        .. host.NanoCPUs % NanoCpus == 0 ? Nothing : Text("cpus", Fraction(host.NanoCPUs)),
        .. host.NanoCPUs > 0 ? Nothing : Limit("cpu-quota", host.CPUQuota),
        .. host.NanoCPUs > 0 || host.CPUPeriod == UsualPeriod ? Nothing : Limit("cpu-period", host.CPUPeriod),
        .. host.CPUShares == UsualShares ? Nothing : Limit("cpu-shares", host.CPUShares),
        .. Limit("cpu-rt-period", host.CPURealtimePeriod),
        .. Limit("cpu-rt-runtime", host.CPURealtimeRuntime),
        .. Text("cpuset-mems", host.CpusetMems),
    ];

    /// <summary>
    /// The engine gives as much swap again as memory by itself, and -1 where its kernel bounds no swap (moby, daemon/daemon_unix.go).
    /// </summary>
    private static IEnumerable<FurtherOption> MemoryOptions(HostConfig host) =>
    [
        .. host.MemorySwap == 2 * host.Memory ? Nothing : Limit("memory-swap", host.MemorySwap),
        .. Limit("memory-reservation", host.MemoryReservation),
        .. Limit("memory-swappiness", host.MemorySwappiness ?? 0),
        .. host.OomKillDisable == true ? Text("oom-kill-disable", "true") : Nothing,
        .. host.OomScoreAdj == 0 ? Nothing : Text("oom-score-adj", Number(host.OomScoreAdj)),
    ];

    private static IEnumerable<FurtherOption> DiskOptions(HostConfig host) =>
    [
        .. Limit("blkio-weight", host.BlkioWeight),
        .. (host.BlkioWeightDevice ?? []).SelectMany(one => Text("blkio-weight-device", $"{one.Path}:{one.Weight}")),
        .. Rates("device-read-bps", host.BlkioDeviceReadBps),
        .. Rates("device-write-bps", host.BlkioDeviceWriteBps),
        .. Rates("device-read-iops", host.BlkioDeviceReadIOps),
        .. Rates("device-write-iops", host.BlkioDeviceWriteIOps),
    ];

    /// <summary>The node's, or another container's; "private" and "shareable" are its own.</summary>
    private static IEnumerable<FurtherOption> NamespaceOptions(HostConfig host) =>
        from mode in new[] { ("pid", host.PidMode), ("ipc", host.IpcMode), ("uts", host.UTSMode), ("userns", host.UsernsMode) }
        where mode.Item2 is "host" || mode.Item2?.StartsWith("container:", StringComparison.Ordinal) == true
        select new FurtherOption(mode.Item1, mode.Item2);

    private static IEnumerable<FurtherOption> NetworkOptions(HostConfig host) =>
    [
        .. host.NetworkMode is "host" or "bridge" or "default" ? Nothing : Text("network", host.NetworkMode),
        .. (host.PortBindings ?? new Dictionary<string, IList<PortBinding>>()).SelectMany(PortsOf),
        .. host.PublishAllPorts ? Text("publish-all", "true") : Nothing,
        .. (host.ExtraHosts ?? []).SelectMany(one => Text("add-host", one)),
        .. (host.DNS ?? []).SelectMany(one => Text("dns", one)),
        .. (host.Links ?? []).SelectMany(one => Text("link", one)),
    ];

    /// <summary>Ours lead from every address of the node to the same number, by TCP.</summary>
    private static IEnumerable<FurtherOption> PortsOf(KeyValuePair<string, IList<PortBinding>> binding) =>
        from published in binding.Value ?? []
        where binding.Key != $"{published.HostPort}/tcp" || published.HostIP is not (null or "" or "0.0.0.0" or "::")
        let address = string.IsNullOrEmpty(published.HostIP) ? "" : published.HostIP + ":"
        select new FurtherOption("port", $"{address}{published.HostPort}:{binding.Key}");

    /// <summary>A volume that an image asks for is in neither list.</summary>
    private static IEnumerable<FurtherOption> FileOptions(HostConfig host) =>
    [
        .. (host.Binds ?? []).Where(bind => !bind.StartsWith('/')).SelectMany(bind => Text("volume", bind)),
        .. (host.Mounts ?? []).Where(mount => mount.Type != "bind")
            .SelectMany(mount => Text("volume", string.Join(':', [mount.Type, .. Named(mount.Source), mount.Target]))),
        .. (host.VolumesFrom ?? []).SelectMany(other => Text("volumes-from", other)),
        .. host.ReadonlyRootfs ? Text("read-only", "true") : Nothing,
        .. host is { MaskedPaths.Count: 0 } or { ReadonlyPaths.Count: 0 } ? Text("systempaths", "unconfined") : Nothing,
        .. (host.Sysctls ?? new Dictionary<string, string>()).SelectMany(one => Text("sysctl", $"{one.Key}={one.Value}")),
    ];

    private static IEnumerable<FurtherOption> DeviceOptions(HostConfig host) =>
    [
        .. from device in host.Devices ?? []
           where (device.PathInContainer is { Length: > 0 } inside && inside != device.PathOnHost)
               || device.CgroupPermissions is not (null or "" or "rwm")
           select new FurtherOption("device", $"{device.PathOnHost}:{device.PathInContainer}:{device.CgroupPermissions}"),
        .. (host.DeviceCgroupRules ?? []).SelectMany(rule => Text("device-cgroup-rule", rule)),
        .. (host.DeviceRequests ?? []).SelectMany(one => Text("gpus", $"{one.Driver} {one.Count}".TrimStart())),
        .. (host.GroupAdd ?? []).Where(group => !uint.TryParse(group, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .SelectMany(group => Text("group", group)),
    ];

    /// <summary>After so many restarts the engine gives up; ours goes on.</summary>
    private static FurtherOption[] RestartOptions(HostConfig host) =>
        host.RestartPolicy is { Name: RestartPolicyKind.OnFailure, MaximumRetryCount: > 0 and var count }
            ? Text("restart", $"{nameof(PisaHpc.Engines.RestartPolicy.OnFailure)}:{Number(count)}")
            : Nothing;

    private static FurtherOption[] Nothing => [];

    private static IEnumerable<FurtherOption> Rates(string name, IEnumerable<ThrottleDevice>? devices) =>
        (devices ?? []).SelectMany(device => Text(name, $"{device.Path}:{device.Rate}"));

    private static IEnumerable<string> Named(string? source) => string.IsNullOrEmpty(source) ? [] : [source];

    private static FurtherOption[] Text(string name, string? value) =>
        string.IsNullOrEmpty(value) ? Nothing : [new FurtherOption(name, value)];

    /// <summary>A limit; engines write 0 and -1 where there is none.</summary>
    private static FurtherOption[] Limit(string name, long limit) => limit > 0 ? Text(name, Number(limit)) : Nothing;

    private static string Fraction(long nanos) => ((decimal)nanos / NanoCpus).ToString(CultureInfo.InvariantCulture);

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
