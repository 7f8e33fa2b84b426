using PisaHpc.Batch;
using PisaHpc.Engines;
using PisaHpc.Preflight;
using PisaHpc.Sites;
using static PisaHpc.Preflight.CheckResult;

namespace PisaHpc.Unit.Preflight;

/// <summary>What each check makes of what was found: a fit node passes all of them, and each fault is seen by the check that is for it.</summary>
public sealed class NodeChecksTests
{
    private static readonly NodeEvidence Fit = Evidence.OfAFitNode;
    private static readonly JobOwner User = new() { Name = "hpcuser", Uid = 4001, Gid = 4001, Groups = [4001, 5001] };

    public static TheoryData<string> Names => [.. NodeChecks.All.Select(check => check.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_fit_node_passes(string name)
    {
        var fit = Fit with
        {
            Request = Fit.Request with { Users = new Dictionary<string, JobOwner?> { ["hpcuser"] = User } },
            Facts = Fit.Facts with { Users = new Dictionary<string, JobOwner?> { ["hpcuser"] = User } },
        };
        Assert.Equal((Passed, null), (Examine(name, fit).Result, Examine(name, fit).Remedy));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void What_an_engine_would_have_to_tell_is_skipped_without_it(string name)
    {
        var failure = new HpcException(ErrorId.EngineUnavailable, "The engine does not answer.", "o2wn01");
        var found = Examine(name, Fit with { Details = null, Engine = null, EngineFailure = failure, Containers = [], Registries = [] });
        string[] ofTheEngine = ["Storage", "Disk", "Cgroup", "Registry", "Memlock", "OpenFiles", "Shm"];
        Assert.Equal(name == "Engine" ? Failed : ofTheEngine.Contains(name) ? Unknown : name == "Users" ? Skipped : Passed, found.Result);
    }

    [Fact]
    public void An_engine_that_is_slow_is_told_from_one_that_refuses()
    {
        var late = new HpcException(ErrorId.EngineTimeout, "It did not answer within 10 s.", "o2wn01");
        var evidence = Fit with { Details = null, Engine = null, EngineFailure = late };
        Expect("Engine", Warning, evidence, "EngineTimeout: It did not answer within 10 s.");
        Assert.Equal((Unknown, "the engine did not answer in time"), (Examine("Storage", evidence).Result, Examine("Storage", evidence).Evidence));
    }

    [Theory]
    [InlineData(4.9, Passed)]
    [InlineData(-4.9, Passed)]
    [InlineData(60, Warning)]
    [InlineData(-60, Warning)]
    [InlineData(-301, Failed)]
    internal void A_clock_that_is_off(double seconds, CheckResult result) =>
        Expect("Clock", result, Fit with { Facts = Fit.Facts with { ClockSkewSec = seconds } });

    [Theory]
    [InlineData("vfs", true, Warning)]
    [InlineData("overlay2", false, Failed)]
    [InlineData("btrfs", null, Passed)]
    internal void A_storage_driver(string driver, bool? types, CheckResult result) =>
        Expect("Storage", result, Fit with { Details = Fit.Details! with { StorageDriver = driver, SupportsDType = types } });

    [Theory]
    [InlineData(20L << 30, 0.5, Passed)]
    [InlineData(19L << 30, 0.5, Warning)]
    [InlineData(4L << 30, 0.5, Failed)]
    [InlineData(99L << 30, 0.01, Warning)]
    internal void Room_for_images(long bytes, double inodes, CheckResult result) =>
        Expect("Disk", result, Fit with { Facts = Fit.Facts with { FreeDiskBytes = bytes, FreeInodes = inodes } });

    [Fact]
    public void Control_groups_that_cannot_hold_a_limit_that_is_asked_for()
    {
        Expect("Cgroup", Warning, Fit with { Details = Fit.Details! with { CgroupVersion = 1 } });
        Expect("Cgroup", Failed, Fit with { Details = Fit.Details! with { LimitsCpu = false } }, "cpus");
        var blind = Fit with { Details = Fit.Details! with { LimitsMemory = false } };
        Expect("Cgroup", Warning, blind, "memory");
        var required = Evidence.Environment with { Limits = new ContainerLimits { Bounds = JobLimits.Required } };
        Expect("Cgroup", Failed, blind with { Request = blind.Request with { Environments = [required] } }, "memory");
    }

    [Fact]
    public void No_remedy_says_to_set_what_is_set()
    {
        Assert.Null(Examine("Registry", Fit with { Registries = [] }).Remedy);
        var none = Fit with { Registries = [], Request = Fit.Request with { Site = Evidence.Site with { Registry = null } } };
        Assert.Contains("Set 'registry'", Examine("Registry", none).Remedy, StringComparison.Ordinal);

        var large = Fit with { Facts = Fit.Facts with { MemoryBytes = 4L << 30 } };
        Assert.Contains("Lower limits.shm", Examine("Shm", large).Remedy, StringComparison.Ordinal);

        var onDisk = Fit with { Facts = Fit.Facts with { RunFileSystem = "ext2/ext3" } };
        Assert.Contains("tmpfs at /run", Examine("RunDirectory", onDisk).Remedy, StringComparison.Ordinal);
        var elsewhere = onDisk with { Request = onDisk.Request with { Site = Evidence.Site with { RunDirectory = "/var/jobs" } } };
        Assert.Contains("such as /run/pisahpc", Examine("RunDirectory", elsewhere).Remedy, StringComparison.Ordinal);

        var users = WithSite(Evidence.Site with { Preflight = new PreflightSettings { Users = ["hpcuser"] } });
        Assert.Equal("Run it on a Linux host of the cluster.", Examine("Users", users).Remedy);

        var partly = Fit.With("net/ipv4/ip_local_port_range", "1024 60999").With("net/ipv4/ip_local_reserved_ports", "80,22000-22010");
        Assert.Contains("ip_local_reserved_ports=80,22000-22010,22000-22999", Examine("PortRange", partly).Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1, -1, Passed)]
    [InlineData(-1, 65536, Failed)]
    [InlineData(1 << 20, 65536, Failed)]
    [InlineData(1 << 20, 1 << 20, Warning)]
    [InlineData(null, 65536, Warning)]
    [InlineData(null, -1, Passed)]
    internal void The_memlock_of_a_container(int? asked, int seen, CheckResult result) =>
        Expect("Memlock", result, Fit with { Containers = [new ContainerProbe(["debian12"], asked, null, 1) { Seen = Evidence.Inside with { MemlockBytes = seen } }] });

    [Fact]
    public void Less_memlock_is_enough_where_there_is_no_InfiniBand() => Expect(
        "Memlock", Passed,
        Fit with { Facts = Fit.Facts with { Devices = [] }, Containers = [new ContainerProbe(["debian12"], null, null, 1) { Seen = Evidence.Inside with { MemlockBytes = 65536 } }] });

    [Theory]
    [InlineData(65536, false, 65536, Passed, "65536 inside, 65536 by default")]
    [InlineData(65536, false, 20000, Passed, "20000 inside, all that the node allows of the 65536 by default")]
    [InlineData(4096, true, 4096, Passed, "4096 inside, 4096 asked for")]
    [InlineData(4096, true, 1024, Failed, "1024 inside, 4096 asked for")]
    [InlineData(1 << 30, true, 1 << 30, Warning, "Open MPI 4's launcher")]
    [InlineData(null, false, 1024, Passed, "1024 inside, the engine's own limit")]
    [InlineData(null, false, 1073741816, Warning, "1073741816 inside, the engine's own limit; what closes every possible descriptor first")]
    [InlineData(null, false, -1, Warning, "unlimited inside")]
    internal void The_open_files_of_a_container(int? asked, bool required, int seen, CheckResult result, string evidence)
    {
        var limit = asked is { } count ? new OpenFilesLimit(count, required) : null;
        var probe = new ContainerProbe(["debian12"], null, limit, 1) { Seen = Evidence.Inside with { OpenFiles = seen } };
        Expect("OpenFiles", result, Fit with { Containers = [probe] }, evidence);
    }

    [Fact]
    public void A_container_that_tells_no_open_files_or_was_refused_for_another_limit_is_not_judged()
    {
        var probe = new ContainerProbe(["debian12"], -1, new OpenFilesLimit(65536, Required: true), 1);
        Expect("OpenFiles", Skipped, Fit with { Containers = [probe with { Seen = Evidence.Inside with { OpenFiles = null } }] }, "does not tell");
        var refused = new HpcException(ErrorId.LimitRefused, "Node o2wn01 refuses the limit memlock.");
        Expect("OpenFiles", Skipped, Fit with { Containers = [probe with { Failure = refused }] }, "was refused");
    }

    [Fact]
    public void A_container_that_cannot_be_had()
    {
        var refused = new HpcException(ErrorId.LimitRefused, "Node o2wn01 refuses the limit memlock.");
        var missing = new HpcException(ErrorId.ImageNotFound, "the node holds no image of these environments");
        Expect("Memlock", Failed, Fit with { Containers = [new ContainerProbe(["debian12"], -1, null, 1) { Failure = refused }] }, "refuses");
        Expect("Shm", Skipped, Fit with { Containers = [new ContainerProbe(["debian12"], -1, null, 1) { Failure = refused }] });
        Expect("Memlock", Skipped, Fit with { Containers = [new ContainerProbe(["debian12"], -1, null, 1) { Failure = missing }] }, "no image");
        Expect("Memlock", Skipped, Fit with { Containers = [] });
    }

    [Fact]
    public void The_worst_environment_speaks_for_the_node() => Expect(
        "Memlock", Failed,
        Fit with
        {
            Containers = [.. Fit.Containers, new ContainerProbe(["cs7"], -1, null, null) { Seen = Evidence.Inside with { MemlockBytes = 65536 } }],
        },
        "cs7: 64.0 KiB inside, unlimited asked for");

    [Theory]
    [InlineData(8, 8, Passed)]
    [InlineData(8, 1, Failed)]
    [InlineData(512, 512, Warning)]
    [InlineData(null, 1, Warning)]
    internal void The_shm_of_a_container(int? askedGib, int seenGib, CheckResult result) => Expect(
        "Shm", result,
        Fit with { Containers = [new ContainerProbe(["debian12"], null, null, (long?)askedGib << 30) { Seen = Evidence.Inside with { ShmBytes = (long)seenGib << 30 } }] });

    [Fact]
    public void Adapters_that_jobs_cannot_use()
    {
        Expect("Devices", Failed, WithDevice(Evidence.Device with { Uverbs = null }), "mlx5_0");
        Expect("Devices", Warning, WithDevice(Evidence.Device with { RdmaCm = null }), "rdma_cm");
        Expect("Devices", Warning, WithDevice(Evidence.Device with { State = "DOWN" }), "mlx5_0 port 1 DOWN");
        Expect("Devices", Skipped, Fit with { Facts = Fit.Facts with { Devices = [] } });
        var named = Evidence.Environment with { DeviceFiles = [new() { Path = "/dev/knem" }, new() { Path = "/dev/xpmem", Optional = true }] };
        var asked = Fit with { Request = Fit.Request with { Environments = [named] } };
        Expect("Devices", Failed, asked with { Paths = asked.Paths with { Missing = new HashSet<string> { "/dev/knem", "/dev/xpmem" } } }, "missing: /dev/knem (of");
        Expect("Devices", Passed, asked with { Paths = asked.Paths with { Missing = new HashSet<string> { "/dev/xpmem" } } });
        var managing = Evidence.Device with { Name = "smi1", Uverbs = null, IsManagementOnly = true };
        Expect("Devices", Passed, Fit with { Facts = Fit.Facts with { Devices = [Evidence.Device, managing] } }, "1 active port");
    }

    [Fact]
    public void Mounts_that_are_missing_or_hang()
    {
        Expect("Mounts", Failed, Fit.Missing("/gpfs"), "/gpfs (of debian12)");
        Expect("Mounts", Passed, Fit.Missing("/cvmfs"), "optional and missing: /cvmfs");
        Expect("Mounts", Failed, Fit.Silent("/cvmfs"), "no answer within 10 s from /cvmfs");
    }

    [Fact]
    public void A_port_area_that_is_not_there()
    {
        Expect("PortArea", Failed, Fit.Missing("/gpfs/ports", "/gpfs/ports/22000", "/gpfs/ports/22999"), "there is no /gpfs/ports");
        Expect("PortArea", Failed, Fit.Missing("/gpfs/ports/22999"), "there is no /gpfs/ports/22999");
        Expect("PortArea", Failed, Fit.Silent("/gpfs/ports"), "no answer within 10 s from /gpfs/ports");
        Expect("PortArea", Failed, OnFileSystem("msdos"), "/gpfs/ports is on msdos, which has no hard links");
        Expect("PortArea", Passed, OnFileSystem("nfs"));
        Expect("PortArea", Skipped, WithSite(Evidence.Site with { PortArea = null }));
    }

    [Fact]
    public void A_directory_of_records_that_is_not_there()
    {
        Expect("Records", Passed, Fit, "/gpfs/records");
        Expect("Records", Warning, Fit.Missing("/gpfs/records"), "there is no /gpfs/records");
        Expect("Records", Warning, Fit.Silent("/gpfs/records"), "no answer within 10 s from /gpfs/records");
        Expect("Records", Skipped, WithSite(Evidence.Site with { Records = null }), "keeps no records");
    }

    [Theory]
    [InlineData("32768 60999", "", Passed)]
    [InlineData("1024 60999", "", Warning)]
    [InlineData("22999 60999", "", Warning)]
    [InlineData("1024 60999", "80,22000-22999", Passed)]
    [InlineData("1024 60999", "22000-22998", Warning)]
    internal void Ports_that_the_kernel_hands_out(string range, string reserved, CheckResult result) => Expect(
        "PortRange", result, Fit.With("net/ipv4/ip_local_port_range", range).With("net/ipv4/ip_local_reserved_ports", reserved));

    [Fact]
    public void Users_who_are_somebody_else_there()
    {
        ExpectUser(Failed, "not known there", User, null);
        ExpectUser(Failed, "not known on this machine", null, User);
        ExpectUser(Failed, "4002:4001 there and 4001:4001 here", User, User with { Uid = 4002 });
        ExpectUser(Failed, "in 4001 there and in 4001,5001 here", User, User with { Groups = [4001] });
        var foreign = User with { Groups = [4001, 3221226001] };
        ExpectUser(Failed, "hpcuser has group id 3221226001, and engines take ids up to 2147483647", foreign, foreign);
        Expect("Users", Skipped, Fit);
    }

    [Theory]
    [InlineData("0", "6.1.0", false, Passed)]
    [InlineData("1", "6.1.0", false, Warning)]
    [InlineData("1", "6.1.0", true, Passed)]
    [InlineData("3", "6.1.0", true, Warning)]
    [InlineData(null, "3.10.0-1160.el7.x86_64", false, Warning)]
    [InlineData(null, "3.10.0-1160.el7.x86_64", true, Passed)]
    [InlineData(null, "4.18.0-513.el8", false, Passed)]
    [InlineData("0", "6.1.0", false, Warning, "20.10.24+dfsg1")]
    [InlineData("0", "6.1.0", false, Passed, "23.0.0")]
    internal void Copying_between_ranks(string? scope, string kernel, bool hasCapability, CheckResult result, string engine = "27.5.1")
    {
        var environment = Evidence.Environment with { Capabilities = hasCapability ? ["SYS_PTRACE"] : [] };
        var evidence = Fit.With("kernel/yama/ptrace_scope", scope);
        Expect("Ptrace", result, evidence with
        {
            Engine = evidence.Engine! with { Version = engine },
            Facts = evidence.Facts with { Kernel = kernel },
            Request = evidence.Request with { Environments = [environment] },
        });
    }

    [Fact]
    public void Kernel_settings_that_large_jobs_meet()
    {
        Expect("Overcommit", Warning, Fit.With("vm/overcommit_memory", "2"));
        Expect("Overcommit", Skipped, Fit.With("vm/overcommit_memory", null));
        Expect("Neighbours", Skipped, Fit.With("net/ipv4/neigh/default/gc_thresh3", null));
        Expect("Neighbours", Warning, WithSite(Evidence.Site with { Nodes = new NodeAccess { Names = ["n[0001-1500]"] } }), "1,500 nodes");
    }

    [Theory]
    [InlineData("ext2/ext3", Warning)]
    [InlineData("", Skipped)]
    internal void Keys_on_a_disk(string type, CheckResult result) =>
        Expect("RunDirectory", result, Fit with { Facts = Fit.Facts with { RunFileSystem = type } });

    private static NodeEvidence OnFileSystem(string type) =>
        Fit with { Paths = Fit.Paths with { FileSystems = new Dictionary<string, string> { ["/gpfs/ports"] = type } } };

    private static NodeEvidence WithDevice(PisaHpc.Devices.IbDevice device) => Fit with { Facts = Fit.Facts with { Devices = [device] } };

    private static NodeEvidence WithSite(HpcSite site) => Fit with { Request = Fit.Request with { Site = site } };

    private static void ExpectUser(CheckResult result, string words, JobOwner? here, JobOwner? there) => Expect(
        "Users", result,
        Fit with
        {
            Request = Fit.Request with { Users = new Dictionary<string, JobOwner?> { ["hpcuser"] = here } },
            Facts = Fit.Facts with { Users = new Dictionary<string, JobOwner?> { ["hpcuser"] = there } },
        },
        words);

    private static void Expect(string check, CheckResult result, NodeEvidence evidence, string words = "")
    {
        var found = Examine(check, evidence);
        Assert.True(found.Result == result, $"{check} is {found.Result} and not {result}: {found.Evidence}");
        Assert.Contains(words, found.Evidence, StringComparison.Ordinal);
        Assert.True(result is Passed or Skipped || found.Remedy is { Length: > 0 }, $"{check} names no remedy for: {found.Evidence}");
    }

    private static CheckFinding Examine(string name, NodeEvidence evidence) => NodeChecks.All.Single(check => check.Name == name).Examine(evidence);
}
