using PisaHpc.Containers;
using PisaHpc.Unit.Access.Ssh;

namespace PisaHpc.Unit.Containers;

/// <summary>
/// The kernel's counters as a real sh finds them below a root that has the files of both versions of control groups, and of both of the
/// engines' drivers, as nodes have them.
/// </summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class MemoryCountersTests : IDisposable
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
        Assert.Equal(new MemoryCounters($"/sys/fs/cgroup/memory/docker/{First}", 2, 31, 67108864, 67108864), (await ReadAsync(First))[First]);
    }

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
        Assert.Equal(new MemoryCounters($"/sys/fs/cgroup/{scope}", 3, 4, 1048576, null), (await ReadAsync(Second))[Second]);
    }

    [Fact]
    public async Task A_kernel_that_does_not_count_leaves_them_out_and_a_container_that_has_ended_is_not_there()
    {
        Put("proc/mounts", "cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0\n");
        Put("proc/77/cgroup", $"9:memory:/docker/{First}\n");
        Put($"sys/fs/cgroup/memory/docker/{First}/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\n");
        var read = await ReadAsync(First, Second);
        Assert.Equal(new MemoryCounters($"/sys/fs/cgroup/memory/docker/{First}", null, null, null, null), Assert.Single(read).Value);
    }

    private void Put(string file, string text)
    {
        var path = Path.Combine(_root, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    private Task<IReadOnlyDictionary<string, MemoryCounters>> ReadAsync(params string[] ids) =>
        MemoryCounters.ReadAsync(new LocalShell("o2wn01"), ids, CancellationToken.None, _root);
}
