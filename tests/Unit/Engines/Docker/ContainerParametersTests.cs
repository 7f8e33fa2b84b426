using Docker.DotNet.Models;
using PisaHpc.Adapters.Engines.Docker;
using PisaHpc.Engines;
using ContainerSpec = PisaHpc.Engines.ContainerSpec;

namespace PisaHpc.Unit.Engines.Docker;

public class ContainerParametersTests
{
    private static readonly ContainerSpec Least = new() { Name = "job-1", Image = "pisa/hpc:deb12", Command = ["/usr/sbin/sshd", "-D"], User = "4001:4001" };

    [Fact]
    public void What_is_not_asked_for_is_left_to_the_engine()
    {
        var request = ContainerParameters.Of(Least);
        var host = request.HostConfig!;
        Assert.Equal(("job-1", "pisa/hpc:deb12", "4001:4001", "", ""), (request.Name, request.Image, request.User, request.Hostname, request.WorkingDir));
        Assert.Equal((0, 0, 0, "", ""), (host.NanoCPUs, host.Memory, host.ShmSize, host.CpusetCpus, host.CgroupParent));
        Assert.Null(host.PidsLimit);
        Assert.Empty(host.Ulimits);
        Assert.Empty(host.Mounts!);
        Assert.Empty(host.Binds!);
        Assert.False(host.Privileged);
        Assert.Equal("host", host.NetworkMode);
        Assert.Equal(("SIGTERM", false, false), (request.StopSignal, request.OpenStdin, request.Tty));
        Assert.Equal(["ALL"], host.CapDrop);
        Assert.True(host.Init);
    }

    [Fact]
    public void The_program_is_the_entry_point_so_that_the_image_s_own_takes_no_part()
    {
        var request = ContainerParameters.Of(Least);
        Assert.Equal(["/usr/sbin/sshd"], request.Entrypoint);
        Assert.Equal(["-D"], request.Cmd);
    }

    [Fact]
    public void Every_option_arrives()
    {
        var request = ContainerParameters.Of(Least with
        {
            Hostname = "o2wn01-job",
            Groups = [5001, 5002],
            Environment = new Dictionary<string, string> { ["OMP_NUM_THREADS"] = "1", ["EMPTY"] = "" },
            WorkingDirectory = "/work",
            Cpus = 32,
            Cpuset = "0-31",
            MemoryBytes = 1L << 36,
            ShmBytes = 8L << 30,
            MemlockBytes = -1,
            OpenFiles = new OpenFilesLimit(65536, Required: false),
            Pids = 4096,
            Capabilities = ["SYS_PTRACE"],
            SecurityOptions = ["no-new-privileges"],
            Privileged = true,
            Init = false,
            CgroupParent = "/pisahpc/42",
            Restart = PisaHpc.Engines.RestartPolicy.UnlessStopped,
            StopSignal = "SIGRTMIN+3",
            Tmpfs = ["/run", "/run/lock"],
            Labels = new Dictionary<string, string> { ["pisahpc.job"] = "42" },
        });
        var host = request.HostConfig!;
        Assert.Equal(["OMP_NUM_THREADS=1", "EMPTY="], request.Env);
        Assert.Equal(("o2wn01-job", "/work", "42"), (request.Hostname, request.WorkingDir, request.Labels["pisahpc.job"]));
        Assert.Equal((32_000_000_000, "0-31", 1L << 36, 8L << 30, 4096L), (host.NanoCPUs, host.CpusetCpus, host.Memory, host.ShmSize, host.PidsLimit));
        Assert.Equal(["5001", "5002"], host.GroupAdd);
        Assert.Equal(
            [("memlock", -1L, -1L), ("nofile", 65536L, 65536L)], host.Ulimits.Select(limit => (limit.Name, limit.Soft, limit.Hard)));
        Assert.Equal(["SYS_PTRACE"], host.CapAdd);
        Assert.Equal(["no-new-privileges"], host.SecurityOpt);
        Assert.Equal((RestartPolicyKind.UnlessStopped, "SIGRTMIN+3"), (host.RestartPolicy.Name, request.StopSignal));
        Assert.Equal(["/run", "/run/lock"], host.Tmpfs!.Keys);
        Assert.Equal((true, false, "/pisahpc/42"), (host.Privileged, host.Init, host.CgroupParent));
    }

    [Fact]
    public void Mounts_are_mounts_and_not_binds_which_create_their_source()
    {
        var host = ContainerParameters.Of(Least with
        {
            Mounts = [new ContainerMount("/cvmfs", "/cvmfs", true, "rslave"), new ContainerMount("/scratch", "/data", false)],
        }).HostConfig!;
        Assert.Empty(host.Binds!);
        Assert.Collection(
            host.Mounts!,
            mount => Assert.Equal(("bind", "/cvmfs", "/cvmfs", true, "rslave"), (mount.Type, mount.Source, mount.Target, mount.ReadOnly, mount.BindOptions!.Propagation)),
            mount => Assert.Equal(("bind", "/scratch", "/data", false, null), (mount.Type, mount.Source, mount.Target, mount.ReadOnly, mount.BindOptions)));
    }

    [Fact]
    public void Devices_keep_their_path_and_may_be_read_written_and_made()
    {
        var device = Assert.Single(ContainerParameters.Of(Least with { Devices = ["/dev/infiniband/uverbs0"] }).HostConfig!.Devices);
        Assert.Equal(
            ("/dev/infiniband/uverbs0", "/dev/infiniband/uverbs0", "rwm"), (device.PathOnHost, device.PathInContainer, device.CgroupPermissions));
    }

    [Fact]
    public void A_published_port_is_exposed_and_bound_to_the_same_number()
    {
        var request = ContainerParameters.Of(Least with { Network = NetworkMode.Bridge, PublishedPorts = [22042] });
        Assert.Equal("bridge", request.HostConfig!.NetworkMode);
        Assert.True(request.ExposedPorts!.ContainsKey("22042/tcp"));
        Assert.Equal("22042", Assert.Single(request.HostConfig.PortBindings["22042/tcp"]).HostPort);
    }
}
