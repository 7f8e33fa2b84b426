using PisaHpc.Containers;
using PisaHpc.Devices;
using PisaHpc.Engines;
using PisaHpc.Preflight;
using PisaHpc.Sites;

namespace PisaHpc.Unit.Preflight;

/// <summary>The evidence of a node that is fit, to be spoilt by a test.</summary>
internal static class Evidence
{
    public static HpcEnvironment Environment { get; } = new()
    {
        Name = "debian12",
        Image = "registry.lab:5000/pisa/hpc:deb12",
        Mounts = [new MountDefinition { Source = "/gpfs", Target = "/gpfs" }, new MountDefinition { Source = "/cvmfs", Target = "/cvmfs", Optional = true }],
        Limits = new ContainerLimits { MemlockBytes = -1, ShmBytes = 8L << 30 },
    };

    public static HpcSite Site { get; } = new()
    {
        Registry = "registry.lab:5000",
        PortArea = new PortAreaDefinition("/gpfs/ports", 22000, 22999, TimeSpan.FromDays(7)),
        Records = new RecordsDefinition("/gpfs/records", TimeSpan.FromDays(30)),
        Nodes = new NodeAccess { Names = ["o2wn[01-16]"] },
    };

    public static IbDevice Device { get; } = new()
    {
        Node = "o2wn01",
        Name = "mlx5_0",
        Port = 1,
        State = "ACTIVE",
        LinkLayer = "InfiniBand",
        Uverbs = "/dev/infiniband/uverbs0",
        RdmaCm = "/dev/infiniband/rdma_cm",
    };

    /// <summary>What is seen in a container that got all that its environment asks for.</summary>
    public static EffectiveLimits Inside { get; } = new(-1, 65536, 65536, 1 << 20, 8L << 30);

    public static NodeEvidence OfAFitNode { get; } = new()
    {
        Node = "o2wn01",
        Request = new PreflightRequest { Site = Site, Environments = [Environment] },
        Engine = new EngineInfo("27.5.1", "1.47"),
        Details = new EngineDetails
        {
            Images = 3,
            StorageDriver = "overlay2",
            SupportsDType = true,
            RootDirectory = "/var/lib/docker",
            CgroupVersion = 2,
            CgroupDriver = "systemd",
        },
        Facts = new PreflightFacts
        {
            Kernel = "6.1.0-18-amd64",
            FreeDiskBytes = 100L << 30,
            FreeInodes = 0.9,
            RunFileSystem = "tmpfs",
            MemoryBytes = 256L << 30,
            Sysctl = new Dictionary<string, string>
            {
                ["net/ipv4/ip_local_port_range"] = "32768 60999",
                ["kernel/yama/ptrace_scope"] = "0",
                ["vm/overcommit_memory"] = "0",
                ["net/ipv4/neigh/default/gc_thresh3"] = "1024",
            },
            Devices = [Device],
        },
        Paths = new PathAnswers(
            new HashSet<string> { "/gpfs", "/cvmfs", "/gpfs/ports", "/gpfs/ports/22000", "/gpfs/ports/22999", "/gpfs/records" }, new HashSet<string>(), new HashSet<string>()),
        Containers = [new ContainerProbe(["debian12"], -1, Environment.OpenFilesLimit(), 8L << 30) { Seen = Inside }],
        Registries = [new RegistryAnswer("registry.lab:5000/pisa/hpc:deb12", null)],
    };

    public static NodeEvidence With(this NodeEvidence evidence, string sysctl, string? value)
    {
        var settings = evidence.Facts.Sysctl.Where(setting => setting.Key != sysctl).ToDictionary();
        if (value is not null)
        {
            settings[sysctl] = value;
        }

        return evidence with { Facts = evidence.Facts with { Sysctl = settings } };
    }

    public static NodeEvidence Missing(this NodeEvidence evidence, params string[] paths) =>
        evidence with { Paths = evidence.Paths with { Missing = paths.ToHashSet() } };

    public static NodeEvidence Silent(this NodeEvidence evidence, params string[] paths) =>
        evidence with { Paths = evidence.Paths with { Silent = paths.ToHashSet() } };
}
