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
        Put("proc/mounts", "cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,cpu,cpuacct 0 0\ncgroup /sys/fs/cgroup/memory cgroup rw,relatime,memory 0 0\n");
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
        Put("proc/mounts", string.Concat(((string[])["memory", cpu, cpuacct]).Distinct().Select(
            controllers => $"cgroup /sys/fs/cgroup/{controllers} cgroup rw,nosuid,{controllers} 0 0\n")));
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
        Put("proc/mounts", "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid,nodev 0 0\n");
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
        Put("proc/mounts", "cgroup /sys/fs/cgroup/cpu cgroup rw,nosuid,cpu 0 0\n");
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
        Put("proc/mounts", "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid,nodev 0 0\n");
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
        Put("proc/mounts", "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid,nodev 0 0\n");
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
        Put("proc/mounts", "cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0\n");
        Put("proc/77/cgroup", $"9:memory:/docker/{First}\n");
        Put($"sys/fs/cgroup/memory/docker/{First}/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\n");
        var read = await ReadAsync(First, Second);
        Assert.Equal(new ControlGroup { Path = $"/sys/fs/cgroup/memory/docker/{First}" }, Assert.Single(read).Value);
    }

    private void Put(string file, string text)
    {
        var path = Path.Combine(_root, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    private Task<IReadOnlyDictionary<string, ControlGroup>> ReadAsync(params string[] ids) =>
        ControlGroup.ReadAsync(new LocalShell("o2wn01"), ids, CancellationToken.None, _root);
}
