using PisaHpc.Audit;
using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Sites;
using PisaHpc.Unit.Yaml;
using static PisaHpc.Audit.AuditSeverity;

namespace PisaHpc.Unit.Audit;

/// <summary>What each check finds, and what it does not: a clean container passes all of them.</summary>
public sealed class ContainerChecksTests
{
    public static TheoryData<string> Names => [.. ContainerChecks.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_clean_container_passes(string name) => Assert.Null(Audited.Examine(name, Audited.Clean));

    [Fact]
    public void Each_has_a_name_of_its_own_without_blanks()
    {
        Assert.Equal(ContainerChecks.Names.Count, ContainerChecks.Names.Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.All(ContainerChecks.Names, name => Assert.All(name, letter => Assert.True(char.IsAsciiLetter(letter), name)));
    }

    [Fact]
    public void Privileged() => Expect("Privileged", Error, Audited.With(spec => spec with { Privileged = true }), "root on the node");

    [Theory]
    [InlineData("/var/run/docker.sock:/var/run/docker.sock:ro", Error)]
    [InlineData("/run:/host/run", Error)]
    [InlineData("/run/engine/site.sock", Error)]
    [InlineData("/run/docker", null)]
    [InlineData("/run/containerd:/c:ro", Error)]
    [InlineData("/run/crio/crio.sock:/c:ro", Error)]
    [InlineData("/run/../run/./docker.sock", Error, "/run/docker.sock")]
    [InlineData("/var:/host:ro", null)]
    [InlineData("/runs", null)]
    internal void The_engine_s_socket(string mount, AuditSeverity? severity, string? source = null) => Expect(
        "EngineSocket", severity, Audited.Mounting(mount) with { EngineSocket = "/run/engine/site.sock" }, source ?? mount.Split(':')[0]);

    [Theory]
    [InlineData("/:/host:ro", Error)]
    [InlineData("/:/:rw", Error)]
    [InlineData("/.:/host", Error)]
    [InlineData("/etc/../:/host", Error)]
    [InlineData("/home:/home", null)]
    internal void The_node_s_root(string mount, AuditSeverity? severity) => Expect("HostRoot", severity, Audited.Mounting(mount), "/");

    [Theory]
    [InlineData("SYS_ADMIN", Error)]
    [InlineData("DAC_READ_SEARCH", Error)]
    [InlineData("ALL", Error)]
    [InlineData("SYS_PTRACE", Warning)]
    [InlineData("NET_ADMIN", Warning)]
    [InlineData("SETUID", null)]
    internal void Capabilities(string capability, AuditSeverity? severity) =>
        Expect("Capabilities", severity, Audited.With(spec => spec with { Capabilities = [capability, "CHOWN"] }), capability);

    [Fact]
    public void Capabilities_that_nobody_dropped() =>
        Expect("Capabilities", Notice, Audited.With(spec => spec with { CapabilitiesDropped = [] }), "NET_RAW");

    [Theory]
    [InlineData("/etc/resolv.conf", "4001:4001", Warning)]
    [InlineData("/etc/resolv.conf:/etc/resolv.conf:ro", "4001:4001", null)]
    [InlineData("/etc/resolv.conf", "0:0", Warning)]
    [InlineData("/etc/cron.d", "0:0", Error)]
    [InlineData("/etc:/etc:ro", "4001:4001", Warning)]
    [InlineData("/var:/host", "", Error)]
    [InlineData("/proc:/host/proc", "4001:4001", Warning)]
    [InlineData("/sys/fs/cgroup:/sys/fs/cgroup:ro", "0:0", null)]
    [InlineData("/dev/shm", "0:0", null)]
    [InlineData("/dev:/dev:ro", "0:0", Warning)]
    [InlineData("/etc/shadow:/etc/shadow:ro", "4001:4001", Warning)]
    [InlineData("/usr/local/apps:/apps:ro", "0:0", null)]
    [InlineData("/var/lib/pisahpc/shared", "0:0", null)]
    [InlineData("/run/munge:/run/munge:ro", "4001:4001", Warning)]
    [InlineData("/run/dbus/system_bus.sock:/b:ro", "4001:4001", Warning)]
    [InlineData("/run/nscd:/run/nscd:ro", "4001:4001", null)]
    [InlineData("/run/pisahpc/4711/agent", "4001:4001", null)]
    [InlineData("/run/pisahpc/4711", "4001:4001", Warning)]
    [InlineData("/run/pisahpc/.slurm/agent", "4001:4001", Warning)]
    internal void The_node_s_system(string mount, string user, AuditSeverity? severity) =>
        Expect("SensitivePaths", severity, Audited.Mounting(mount, user), mount.Split(':')[0]);

    [Fact]
    public void The_control_groups_of_a_static_environment_s_own_init_and_no_others()
    {
        var mounted = Audited.Mounting("/sys/fs/cgroup/systemd", "0:0");
        Expect("SensitivePaths", Error, mounted);
        Expect("SensitivePaths", Warning, mounted with { JobId = null, Static = "cs7" }, "/sys/fs/cgroup/systemd");
        Expect("SensitivePaths", Error, Audited.Mounting("/sys/fs/cgroup", "0:0") with { JobId = null, Static = "cs7" });
    }

    [Fact]
    public void By_the_node_s_shadow_the_sshd_of_a_static_environment_knows_who_is_locked() => Expect(
        "SensitivePaths", Notice, Audited.Mounting("/etc/shadow:/etc/shadow:ro", "0:0") with { JobId = null, Static = "cs7" });

    [Theory]
    [InlineData("/dev/mem", Error)]
    [InlineData("/dev/sda1", Error)]
    [InlineData("/dev/nvme0n1", Error)]
    [InlineData("/dev/mapper/root", Error)]
    [InlineData("/dev", Error)]
    [InlineData("/dev/disk/by-id", Error)]
    [InlineData("/dev/nbd0", Error)]
    [InlineData("/dev/mmcblk0p1", Error)]
    [InlineData("/dev/pmem0", Error)]
    [InlineData("/dev/zd16", Error)]
    [InlineData("/dev/bsg/0:0:0:0", Error)]
    [InlineData("/dev/sg3", Error)]
    [InlineData("/dev/sgx_enclave", null)]
    [InlineData("/dev/vduse", null)]
    [InlineData("/dev/xpmem", null)]
    [InlineData("/dev/fuse", null)]
    internal void Devices(string device, AuditSeverity? severity) =>
        Expect("SensitiveDevices", severity, Audited.With(spec => spec with { Devices = [device] }), device);

    [Theory]
    [InlineData("b 8:* rwm", Error)]
    [InlineData("a *:* rwm", Error)]
    [InlineData("c 1:1 r", Error)]
    [InlineData("c *:* rwm", Error)]
    [InlineData("c 195:* rwm", null)]
    [InlineData("c 10:200 rwm", null)]
    internal void Rules_for_devices_that_root_makes(string rule, AuditSeverity? severity) =>
        Expect("SensitiveDevices", severity, Audited.Clean with { DeviceRules = [rule] }, rule);

    [Theory]
    [InlineData("0:0", Error)]
    [InlineData("4001:4001", Warning)]
    internal void The_kernel_s_own_files(string user, AuditSeverity severity) => Expect(
        "MaskedPaths", severity, Audited.With(spec => spec with { User = user }) with { HasOpenSystemPaths = true }, "unconfined");

    [Theory]
    [InlineData("pid", "0:0", Error)]
    [InlineData("pid", "4001:4001", Warning)]
    [InlineData("ipc", "0:0", Warning)]
    [InlineData("user", "4001:4001", Warning)]
    internal void Namespaces(string name, string user, AuditSeverity severity) =>
        Expect("HostNamespaces", severity, Audited.With(spec => spec with { User = user }) with { HostNamespaces = [name] }, name);

    [Theory]
    [InlineData("", Warning)]
    [InlineData("0:0", Warning)]
    [InlineData("root", Warning)]
    [InlineData("nobody", null)]
    internal void Root(string user, AuditSeverity? severity) => Expect("RootUser", severity, Audited.With(spec => spec with { User = user }));

    [Fact]
    public void The_sshd_of_a_static_environment_has_to_be_root_s_and_needs_no_capability_that_it_is_not_given()
    {
        var root = Audited.With(spec => spec with { User = "0:0" }) with { JobId = null, Static = "cs7" };
        Expect("RootUser", Notice, root, "sshd");
        Expect("RootUser", Warning, root with { Specification = root.Specification with { CapabilitiesDropped = [] } });
    }

    [Theory]
    [InlineData("no-new-privileges", null)]
    [InlineData("no-new-privileges:true", null)]
    [InlineData("no-new-privileges:false", Warning)]
    [InlineData("label=type:svirt_t", Warning)]
    internal void New_privileges(string option, AuditSeverity? severity) =>
        Expect("NewPrivileges", severity, Audited.With(spec => spec with { SecurityOptions = [option] }), "setuid");

    [Theory]
    [InlineData("Seccomp", "seccomp=unconfined", Warning)]
    [InlineData("Seccomp", "seccomp:unconfined", Warning)]
    [InlineData("Seccomp", "seccomp=/etc/docker/mpi.json", null)]
    [InlineData("AppArmor", "apparmor=unconfined", Warning)]
    [InlineData("AppArmor", "apparmor=docker-default", null)]
    [InlineData("Selinux", "label=disable", Warning)]
    [InlineData("Selinux", "label=level:s0", null)]
    internal void Confinement(string check, string option, AuditSeverity? severity) =>
        Expect(check, severity, Audited.With(spec => spec with { SecurityOptions = [option] }), option);

    [Theory]
    [InlineData("/gpfs", "4001:4001", Notice)]
    [InlineData("/gpfs", "0:0", Warning)]
    [InlineData("/gpfs:/gpfs:ro", "0:0", null)]
    [InlineData("/etc/hosts", "0:0", null)]
    internal void Writable_paths(string mount, string user, AuditSeverity? severity) =>
        Expect("WritablePaths", severity, Audited.Mounting(mount, user), mount.Split(':')[0]);

    [Theory]
    [InlineData("/cvmfs2:/c:ro,rshared", Warning)]
    [InlineData("/cvmfs2:/c:ro,rslave", null)]
    internal void Shared_mounts(string mount, AuditSeverity? severity) => Expect("SharedMounts", severity, Audited.Mounting(mount), "/cvmfs2");

    [Theory]
    [InlineData("VAR", "ssh -o StrictHostKeyChecking=no", Warning)]
    [InlineData("VAR", "-o UserKnownHostsFile=/dev/null", Warning)]
    [InlineData("VAR", "ssh -o StrictHostKeyChecking=yes", null)]
    internal void Host_keys(string name, string value, AuditSeverity? severity) => Expect("HostKeys", severity, Having(name, value), name);

    [Fact]
    public void Host_keys_by_the_command() => Expect(
        "HostKeys", Warning, Audited.With(spec => spec with { Command = ["mpirun", "--mca", "plm_rsh_args", "-o StrictHostKeyChecking no"] }), "its command");

    [Fact]
    public void Ports_that_a_node_publishes_on_all_of_its_addresses_and_not_on_one()
    {
        Expect("OpenPorts", Warning, Audited.Clean with { Published = [new("0.0.0.0", 22001, "tcp"), new("::", 22001, "tcp")] }, "22001/tcp");
        Expect("OpenPorts", null, Audited.Clean with { Published = [new("10.1.2.3", 22001, "tcp")] });
    }

    [Fact]
    public void In_the_node_s_network_an_sshd_listens_on_all_addresses() => Expect(
        "OpenPorts", Notice, Audited.With(spec => spec with { Network = NetworkMode.Host }) with { SshPort = "port 22001" }, "port 22001");

    [Theory]
    [InlineData("pisa/hpc:deb12", AuditedKind.Container, Warning)]
    [InlineData("pisa/hpc:deb12", AuditedKind.Plan, Warning)]
    [InlineData("pisa/hpc:deb12", AuditedKind.Environment, Notice)]
    [InlineData("pisa/hpc", AuditedKind.Static, Warning)]
    [InlineData("pisa/hpc:latest", AuditedKind.Environment, Warning)]
    [InlineData(Audited.Digest, AuditedKind.Container, null)]
    [InlineData("pisa/hpc@" + Audited.Digest, AuditedKind.Environment, null)]
    internal void Digests(string image, AuditedKind kind, AuditSeverity? severity) =>
        Expect("ImageDigest", severity, Audited.With(spec => spec with { Image = image }) with { Kind = kind }, image);

    [Theory]
    [InlineData(null, Warning)]
    [InlineData(JobLimits.None, Warning)]
    [InlineData(JobLimits.Known, Notice)]
    [InlineData(JobLimits.Required, null)]
    internal void Memory(JobLimits? grant, AuditSeverity? severity) =>
        Expect("MemoryLimit", severity, Audited.With(spec => spec with { MemoryBytes = null }) with { Grant = grant });

    /// <summary>What its definition gets for the same: <see cref="Memory"/>.</summary>
    [Theory]
    [InlineData("debian12", "known", Notice)]
    [InlineData("debian12", "required", Warning)]
    [InlineData("other", "known", Warning)]
    internal void The_memory_of_a_job_s_container_is_judged_as_the_site_says_it_is_bounded(string name, string fromJob, AuditSeverity severity)
    {
        var site = SiteText.Read($"environments: {{ debian12: {{ image: x/y, limits: {{ fromJob: {fromJob} }} }} }}\n");
        var container = new EngineContainer
        {
            Id = "f00",
            Name = "c",
            Image = "x/y",
            State = ContainerState.Running,
            CreatedAt = DateTimeOffset.UnixEpoch,
            Labels = new Dictionary<string, string>
            {
                [ContainerLabels.Schema] = "2",
                [ContainerLabels.Job] = "41",
                [ContainerLabels.Environment] = name,
            },
        };
        var spec = Audited.Clean.Specification with { MemoryBytes = null };
        Expect("MemoryLimit", severity, AuditedContainer.Of("o2wn01", new ContainerInspection(container, spec), site));
    }

    [Fact]
    public void Processes() => Expect("PidsLimit", Notice, Audited.With(spec => spec with { Pids = null }));

    [Fact]
    public void A_job_outside_of_its_control_group_and_its_own_limits()
    {
        var outside = Audited.With(spec => spec with { CgroupParent = null });
        Expect("ControlGroup", Notice, outside, "limits of its own are memory");
        Expect("ControlGroup", Notice, outside with { Specification = outside.Specification with { MemoryBytes = null } }, "it has none");
        Expect("ControlGroup", null, outside with { JobId = null, Static = "cs7" });
    }

    [Theory]
    [InlineData(false, "/usr/sbin/sshd", Warning)]
    [InlineData(false, "/usr/lib/systemd/systemd", null)]
    [InlineData(false, "/usr/sbin/init", null)]
    [InlineData(true, "/usr/sbin/sshd", null)]
    internal void An_init(bool init, string program, AuditSeverity? severity) =>
        Expect("Init", severity, Audited.With(spec => spec with { Init = init, Command = [program] }));

    private static AuditedContainer Having(string name, string value) =>
        Audited.With(spec => spec with { Environment = new Dictionary<string, string> { [name] = value } });

    private static void Expect(string check, AuditSeverity? severity, AuditedContainer container, string words = "")
    {
        var found = Audited.Examine(check, container);
        Assert.Equal(severity, found?.Severity);
        if (found is not null)
        {
            Assert.Contains(words, found.Evidence, StringComparison.Ordinal);
            Assert.EndsWith(".", found.Remedy, StringComparison.Ordinal);
        }
    }
}
