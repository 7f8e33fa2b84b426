using PisaHpc.Containers;
using PisaHpc.Unit.Access.Ssh;

namespace PisaHpc.Unit.Containers;

/// <summary>
/// Limits and use as a real sh finds them below a root that has the files of both versions of control groups, and of both of the
/// engines' drivers, as nodes have them.
/// </summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class ControlGroupTests : IDisposable
{
    private const string First = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    private const string Second = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    private readonly string _root = Directory.CreateTempSubdirectory("pisahpc-counters-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task Version_1_counts_kills_limits_and_the_peak_in_files_of_the_memory_controller()
    {
        Mount("/sys/fs/cgroup/cpu,cpuacct", "cpu,cpuacct");
        Mount("/sys/fs/cgroup/memory", "memory");
        Put("proc/77/cgroup", $"11:cpu,cpuacct:/docker/{First}\n9:memory:/docker/{First}\n0::/docker/{First}\n");
        Put($"sys/fs/cgroup/memory/docker/{First}/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
        Put($"sys/fs/cgroup/memory/docker/{First}/memory.failcnt", "31\n");
        Put($"sys/fs/cgroup/memory/docker/{First}/memory.max_usage_in_bytes", "67108864\n");
        Put($"sys/fs/cgroup/memory/docker/{First}/memory.limit_in_bytes", "67108864\n");
        var expected = new ControlGroup
        {
            Path = $"/sys/fs/cgroup/memory/docker/{First}",
            Kills = 2,
            LimitHits = 31,
            PeakBytes = 67108864,
            LimitBytes = 67108864,
        };
        Assert.Equal(expected, (await ReadAsync(First))[First]);
    }

    /// <summary>As nodes have them: one hierarchy for both controllers of CPUs, or one for each.</summary>
    [Theory]
    [InlineData("cpu,cpuacct", "cpu,cpuacct", "200000", 2.0)]
    [InlineData("cpu", "cpuacct", "150000", 1.5)]
    [InlineData("cpu", "cpuacct", "-1", null)]
    public async Task Version_1_has_quota_and_time_of_CPUs_in_hierarchies_of_their_own(string cpu, string cpuacct, string quota, double? cpus)
    {
        foreach (var controllers in ((string[])["memory", cpu, cpuacct]).Distinct())
        {
            Mount($"/sys/fs/cgroup/{controllers}", controllers);
        }

        Put("proc/77/cgroup", $"11:{cpu}:/docker/{First}\n10:{cpuacct}:/docker/{First}\n9:memory:/docker/{First}\n8:cpuset:/\n");
        Put($"sys/fs/cgroup/memory/docker/{First}/memory.limit_in_bytes", "9223372036854771712\n");
        Put($"sys/fs/cgroup/{cpu}/docker/{First}/cpu.cfs_quota_us", quota + "\n");
        Put($"sys/fs/cgroup/{cpu}/docker/{First}/cpu.cfs_period_us", "100000\n");
        Put($"sys/fs/cgroup/{cpuacct}/docker/{First}/cpuacct.usage", "12345678901\n");
        var group = (await ReadAsync(First))[First];
        Assert.Equal((cpus, 12.345678901, null), (group.Cpus, group.CpuSeconds, group.LimitBytes));
    }

    [Fact]
    public async Task Version_2_tells_how_long_processes_waited_where_the_kernel_counts_it()
    {
        const string Group = $"sys/fs/cgroup/docker/{First}";
        Mount("/sys/fs/cgroup", controllers: null);
        Put("proc/79/cgroup", $"0::/docker/{First}\n");
        Put($"{Group}/cpu.max", "max 100000\n");
        Put($"{Group}/cpu.pressure", "some avg10=12.50 avg60=3.10 avg300=0.00 total=81\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n");
        Put($"{Group}/memory.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n");
        var group = (await ReadAsync(First))[First];
        Assert.Equal((12.5, 0.0, null), (group.CpuPressure, group.MemoryPressure, group.IoPressure));
    }

    [Fact]
    public async Task Without_a_memory_controller_the_quota_is_told_all_the_same()
    {
        Mount("/sys/fs/cgroup/cpu", "cpu");
        Put("proc/77/cgroup", $"11:cpu:/docker/{First}\n");
        Put($"sys/fs/cgroup/cpu/docker/{First}/cpu.cfs_quota_us", "200000\n");
        Put($"sys/fs/cgroup/cpu/docker/{First}/cpu.cfs_period_us", "100000\n");
        Assert.Equal(new ControlGroup { Path = $"/sys/fs/cgroup/cpu/docker/{First}", Cpus = 2.0 }, (await ReadAsync(First))[First]);
    }

    [Theory]
    [InlineData("200000 100000", 2.0)]
    [InlineData("max 100000", null)]
    public async Task Version_2_has_them_in_cpu_max_and_cpu_stat(string max, double? cpus)
    {
        const string Group = $"sys/fs/cgroup/system.slice/docker-{Second}.scope";
        Mount("/sys/fs/cgroup", controllers: null);
        Put("proc/79/cgroup", $"0::/system.slice/docker-{Second}.scope\n");
        Put($"{Group}/memory.max", "314572800\n");
        Put($"{Group}/cpu.max", max + "\n");
        Put($"{Group}/cpu.stat", "usage_usec 2500000\nuser_usec 2000000\nsystem_usec 500000\n");
        var group = (await ReadAsync(Second))[Second];
        Assert.Equal((cpus, 2.5, 300L << 20), (group.Cpus, group.CpuSeconds, group.LimitBytes));
    }

    [Theory]
    [InlineData("/sys/fs/cgroup/memory/docker/x", "42", ContainerPlacement.Own)]
    [InlineData("/sys/fs/cgroup/memory/slurm_o2wn01/uid_4001/job_42/x", "42", ContainerPlacement.JobCgroup)]
    [InlineData("/sys/fs/cgroup/system.slice/o2wn01_slurmstepd.scope/job_42/x", "42", ContainerPlacement.JobCgroup)]
    [InlineData("/sys/fs/cgroup/system.slice/o2wn01_slurmstepd.scope/job_420/x", "42", ContainerPlacement.Own)]
    internal void A_group_below_the_jobs_own_is_told_by_its_path(string path, string jobId, ContainerPlacement placement) =>
        Assert.Equal(placement, ContainerPlacements.Of(path, jobId));

    [Fact]
    public async Task Version_2_counts_them_in_memory_events_whatever_the_engines_driver_calls_the_group()
    {
        var scope = $"system.slice/docker-{Second}.scope";
        Mount("/sys/fs/cgroup", controllers: null);
        Put("proc/78/cgroup", $"0::/{scope}/init\n");
        Put("proc/79/cgroup", $"0::/{scope}\n");
        Put($"sys/fs/cgroup/{scope}/memory.events", "low 0\nhigh 0\nmax 812\noom 4\noom_kill 3\noom_group_kill 0\n");
        Put($"sys/fs/cgroup/{scope}/memory.peak", "1048576\n");
        Put($"sys/fs/cgroup/{scope}/memory.max", "max\n");
        var expected = new ControlGroup { Path = $"/sys/fs/cgroup/{scope}", Kills = 3, LimitHits = 4, PeakBytes = 1048576 };
        Assert.Equal(expected, (await ReadAsync(Second))[Second]);
    }

    [Fact]
    public async Task A_kernel_that_does_not_count_leaves_them_out_and_a_container_that_has_ended_is_not_there()
    {
        Mount("/sys/fs/cgroup/memory", "memory");
        Put("proc/77/cgroup", $"9:memory:/docker/{First}\n");
        Put($"sys/fs/cgroup/memory/docker/{First}/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\n");
        var read = await ReadAsync(First, Second);
        Assert.Equal(new ControlGroup { Path = $"/sys/fs/cgroup/memory/docker/{First}" }, Assert.Single(read).Value);
    }

    /// <summary>Where a node is a container its hierarchies begin at its own group, and groups have names from the host's root.</summary>
    [Theory]
    [InlineData("/docker/node", "sys/fs/cgroup/memory/docker/")]
    [InlineData("/", "sys/fs/cgroup/memory/docker/node/docker/")]
    public async Task A_hierarchy_may_begin_at_a_group_of_the_nodes_own(string part, string directory)
    {
        Mount("/sys/fs/cgroup/other", "memory", "/docker/another");
        Mount("/sys/fs/cgroup/memory", "memory", part);
        Put("proc/77/cgroup", $"9:memory:/docker/node/docker/{First}/init\n");
        Put($"{directory}{First}/memory.limit_in_bytes", "67108864\n");
        var sight = await ControlGroup.LookAsync(new LocalShell("o2wn01"), First, CancellationToken.None, _root);
        Assert.Equal((67108864L, $"/{directory}{First}"), (sight.Group!.LimitBytes, sight.Group.Path));
        Assert.Equal((true, false, false), (sight.HasProcesses, sight.AreCpusUnseen, sight.IsMemoryUnseen));
    }

    [Fact]
    public async Task Whether_a_group_is_mounted_nowhere_or_has_no_process_is_told()
    {
        Mount("/sys/fs/cgroup/memory", "memory", "/docker/another");
        Put("proc/77/cgroup", $"9:memory:/docker/node/docker/{First}\n8:cpu:/docker/node/docker/{First}\n");
        var unmounted = await ControlGroup.LookAsync(new LocalShell("o2wn01"), First, CancellationToken.None, _root);
        Assert.Equal(new ControlGroupSight(null, AreCpusUnseen: true, IsMemoryUnseen: true), unmounted);

        var without = await ControlGroup.LookAsync(new LocalShell("o2wn01"), Second, CancellationToken.None, _root);
        Assert.Equal(new ControlGroupSight(null, AreCpusUnseen: false, IsMemoryUnseen: false) { HasProcesses = false }, without);
    }

    [Fact]
    public async Task A_controller_that_the_kernel_has_not_is_not_unseen()
    {
        Mount("/sys/fs/cgroup/memory", "memory");
        Put("proc/77/cgroup", $"9:memory:/docker/{First}\n");
        Put($"sys/fs/cgroup/memory/docker/{First}/memory.limit_in_bytes", "67108864\n");
        var sight = await ControlGroup.LookAsync(new LocalShell("o2wn01"), First, CancellationToken.None, _root);
        Assert.Equal((null, false, false), (sight.Group!.Cpus, sight.AreCpusUnseen, sight.IsMemoryUnseen));
    }

    /// <summary>Mounts a hierarchy, of version 2 without controllers, as proc_pid_mountinfo(5) has it.</summary>
    /// <param name="part">The group that is its root there.</param>
    private void Mount(string point, string? controllers, string part = "/") => File.AppendAllText(
        PathTo("proc/self/mountinfo"),
        controllers is null
            ? $"35 24 0:30 {part} {point} rw,nosuid,nodev shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
            : $"36 25 0:31 {part} {point} rw,nosuid,relatime shared:10 - cgroup cgroup rw,{controllers}\n");

    private void Put(string file, string text) => File.WriteAllText(PathTo(file), text);

    private string PathTo(string file)
    {
        var path = Path.Combine(_root, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return path;
    }

    private Task<IReadOnlyDictionary<string, ControlGroup>> ReadAsync(params string[] ids) =>
        ControlGroup.ReadAsync(new LocalShell("o2wn01"), ids, CancellationToken.None, _root);
}
