using Docker.DotNet.Models;
using PisaHpc.Adapters.Engines.Docker;

namespace PisaHpc.Unit.Engines.Docker;

/// <summary>What a container has that a specification has no words for, as its engine reads it back.</summary>
public sealed class FurtherOptionsTests
{
    [Fact]
    public void What_an_engine_fills_in_by_itself_is_none_of_it() => Assert.Empty(FurtherOptions.Of(new HostConfig
    {
        NetworkMode = "host",
        IpcMode = "private",
        PidMode = "",
        UTSMode = "",
        UsernsMode = "",
        NanoCPUs = 2_000_000_000,
        CPUQuota = 200_000, // as Podman writes whole CPUs
        CPUPeriod = 100_000,
        Memory = 1 << 29,
        MemorySwap = 1 << 30,
        MemorySwappiness = -1,
        OomKillDisable = false,
        Runtime = "runc",
        RestartPolicy = new RestartPolicy { Name = RestartPolicyKind.UnlessStopped },
        Mounts = [new Mount { Type = "bind", Source = "/opt", Target = "/opt" }],
        Binds = ["/jobs:/jobs:rw"],
        GroupAdd = ["4001"],
        Devices = [new DeviceMapping { PathOnHost = "/dev/fuse", PathInContainer = "/dev/fuse", CgroupPermissions = "rwm" }],
        PortBindings = Bindings("2201/tcp", "", "2201"),
        MaskedPaths = ["/proc/kcore"],
        ReadonlyPaths = ["/proc/sys"],
    }));

    [Fact]
    public void Swap_is_as_much_as_memory_again_or_bounded_by_no_kernel()
    {
        Assert.Empty(FurtherOptions.Of(new HostConfig { Memory = 1 << 29, MemorySwap = -1 }));
        Assert.Equal(["memory-swap 536870912"], Words(new HostConfig { Memory = 1 << 29, MemorySwap = 1 << 29 }));
    }

    [Fact]
    public void Whatever_an_update_changes_is_told() => Assert.Equal(
        [
            "blkio-weight 10", "cpu-period 50000", "cpu-quota 1000", "cpu-shares 2", "cpuset-mems 0", "memory-reservation 1024",
            "restart OnFailure:3",
        ],
        Words(new HostConfig
        {
            CPUQuota = 1000,
            CPUPeriod = 50_000,
            CPUShares = 2,
            CpusetMems = "0",
            MemoryReservation = 1024,
            BlkioWeight = 10,
            RestartPolicy = new RestartPolicy { Name = RestartPolicyKind.OnFailure, MaximumRetryCount = 3 },
        }));

    [Fact]
    public void A_part_of_a_CPU_is_told_as_it_is() => Assert.Equal(["cpus 1.5"], Words(new HostConfig { NanoCPUs = 1_500_000_000 }));

    [Fact]
    public void What_a_container_was_given_by_hand_is_told() => Assert.Equal(
        [
            "device /dev/sda:/dev/disk:r", "device-cgroup-rule b 8:* rwm", "group video", "ipc container:x", "network none", "pid host",
            "port 127.0.0.1:22:22/tcp", "port 8022:22/tcp", "read-only true", "systempaths unconfined", "uts host", "volume data:/data",
            "volume volume:home:/home", "volumes-from other",
        ],
        Words(new HostConfig
        {
            PidMode = "host",
            IpcMode = "container:x",
            UTSMode = "host",
            NetworkMode = "none",
            PortBindings = new Dictionary<string, IList<PortBinding>>
            {
                ["22/tcp"] = [new PortBinding { HostIP = "127.0.0.1", HostPort = "22" }, new PortBinding { HostPort = "8022" }],
            },
            Binds = ["data:/data"],
            Mounts = [new Mount { Type = "volume", Source = "home", Target = "/home" }],
            VolumesFrom = ["other"],
            ReadonlyRootfs = true,
            MaskedPaths = [],
            Devices = [new DeviceMapping { PathOnHost = "/dev/sda", PathInContainer = "/dev/disk", CgroupPermissions = "r" }],
            DeviceCgroupRules = ["b 8:* rwm"],
            GroupAdd = ["video"],
        }));

    private static IEnumerable<string> Words(HostConfig host) =>
        FurtherOptions.Of(host).Select(option => $"{option.Name} {option.Value}").Order(StringComparer.Ordinal);

    private static Dictionary<string, IList<PortBinding>> Bindings(string port, string address, string on) =>
        new() { [port] = [new PortBinding { HostIP = address, HostPort = on }] };
}
