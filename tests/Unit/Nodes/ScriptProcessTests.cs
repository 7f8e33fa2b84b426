using PisaHpc.Access.Ssh;
using PisaHpc.Nodes;
using PisaHpc.Unit.Access.Ssh;

namespace PisaHpc.Unit.Nodes;

/// <summary>
/// The programs that a start's and a stop's scripts call on each node: every one of them is a process, a millisecond or two of a CPU that
/// the node's job has. Each script runs in a real sh, as root.
/// </summary>
public sealed class ScriptProcessTests : IDisposable
{
    private static readonly string[] Watched =
    [
        "base64", "cat", "chown", "cmp", "cut", "env", "expr", "getconf", "getent", "grep", "head", "id", "ip", "ls", "mkdir", "mktemp", "mv",
        "readlink", "rm", "rmdir", "sed", "sort", "stat", "tail", "tar", "timeout", "tr", "uname", "xargs",
    ];

    private readonly string _base = $"/dev/shm/pisahpc-test-{Guid.NewGuid():N}";

    public ScriptProcessTests()
    {
        Directory.CreateDirectory(_base + "/bin");
        foreach (var program in Watched)
        {
            ProgramFile.Write(
                $"{_base}/bin/{program}", $"#!/bin/sh\necho {program} >>{_base}/calls\nPATH=/usr/sbin:/usr/bin:/sbin:/bin exec {program} \"$@\"\n");
        }
    }

    private string JobDirectory => _base + "/run/4711";

    public void Dispose() => Directory.Delete(_base, recursive: true);

    [Fact]
    public async Task A_node_is_surveyed_by_its_shell_and_one_program() =>
        Assert.Equal("cat", await CallsOfAsync("Containers/node-facts.sh", default, "/etc/passwd"));

    [Theory]
    [InlineData("", "mkdir mv stat stat tar")]
    [InlineData("localhost", "ip mkdir mv stat stat tar timeout")]
    public async Task A_job_s_directory_is_written_by_five_and_its_network_found_by_two_more_and_what_timeout_starts(string peer, string programs)
    {
        var archive = await JobArchive.PackAsync(JobSshFiles.For(Sample.Request()), 4001, 5001, CancellationToken.None);
        Directory.CreateDirectory(_base + "/run");
        string[] arguments = ["write:" + JobDirectory, "4001", "5001", $"{archive.Files}", peer, ""];
        Assert.Equal(programs, await CallsOfAsync("Access/Ssh/job-directory-write.sh", archive.Tar, arguments));
        Assert.Equal("grep grep mv rm", await CallsOfAsync("Access/Ssh/job-directory-remove.sh", default, JobDirectory));
    }

    [Fact]
    public async Task Control_groups_are_found_by_one_search_and_read_by_the_shell()
    {
        var id = new string('a', 64);
        Directory.CreateDirectory($"{_base}/proc/7");
        Directory.CreateDirectory($"{_base}/proc/self");
        Directory.CreateDirectory($"{_base}/sys/fs/cgroup/docker/{id}");
        await File.WriteAllTextAsync($"{_base}/proc/7/cgroup", $"0::/docker/{id}\n");
        await File.WriteAllTextAsync($"{_base}/proc/self/mountinfo", "1 0 0:1 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
        await File.WriteAllTextAsync($"{_base}/sys/fs/cgroup/docker/{id}/cpu.max", "200000 100000\n");
        await File.WriteAllTextAsync($"{_base}/sys/fs/cgroup/docker/{id}/memory.events", "oom 1\noom_kill 2\n");
        Assert.Equal("sort xargs", await CallsOfAsync("Containers/control-groups.sh", default, _base, id));
    }

    /// <summary>The programs that a script called, in the alphabet's order.</summary>
    private async Task<string> CallsOfAsync(string script, ReadOnlyMemory<byte> input, params string[] arguments)
    {
        var calls = _base + "/calls";
        File.Delete(calls);
        var result = await new LocalShell("here").RunAsync(
            ["env", $"PATH={_base}/bin:/usr/sbin:/usr/bin:/sbin:/bin", .. NodeScript.Of(script).Command(arguments)],
            input,
            CancellationToken.None);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        return string.Join(' ', (await File.ReadAllLinesAsync(calls)).Order(StringComparer.Ordinal));
    }
}
