using System.Runtime.Versioning;

namespace PisaHpc.Unit.Native;

/// <summary>Which variables a program gets: the container's, and over them the caller's under rules.</summary>
[SupportedOSPlatform("linux")]
public sealed class AgentEnvironmentTests
{
    [Fact]
    public async Task The_containers_are_there_and_the_callers_are_laid_over_them()
    {
        var variables = await VariablesAsync([], new() { ["BOTH"] = "of the caller", ["OMP_NUM_THREADS"] = "4", ["EMPTY"] = "" });
        Assert.Equal("of the image", variables["IMAGE_ONLY"]);
        Assert.Equal("of the caller", variables["BOTH"]);
        Assert.Equal("4", variables["OMP_NUM_THREADS"]);
        Assert.Equal("", variables["EMPTY"]);
    }

    [Theory]
    [InlineData("HOME", "/root", "/home/ada")]
    [InlineData("USER", "root", "ada")]
    [InlineData("LOGNAME", "root", "ada")]
    [InlineData("SHELL", "/bin/zsh", "/bin/sh")]
    [InlineData("PATH", "/usr/bin:/bin:/opt/host/bin", "/usr/bin:/bin")]
    [InlineData("PWD", "/somewhere", "/usr")]
    public async Task What_is_the_owners_or_the_images_is_not_the_callers(string name, string callers, string expected) =>
        Assert.Equal(expected, (await VariablesAsync([], new() { [name] = callers }))[name]);

    [Theory]
    [InlineData("BASH_FUNC_which%%", "() { /usr/bin/which --show; }")]
    [InlineData("BASH_ENV", "/usr/share/lmod/init/bash")]
    [InlineData("SLURM_CPU_BIND", "quiet,mask_cpu:0x1")]
    [InlineData("SLURM_CPU_BIND_TYPE", "mask_cpu:")]
    [InlineData("LSB_AFFINITY_HOSTFILE", "/home/ada/.lsbatch/1.hostAffinityfile")]
    [InlineData("LSB_DJOB_RANKFILE", "/home/ada/.lsbatch/1.hostfile")]
    [InlineData("LSB_BIND_CPU_LIST", "0,1")]
    [InlineData("SBATCH_EXPORT", "NONE")]
    [InlineData("SLURM_EXPORT_ENV", "NONE")]
    [InlineData("LD_LIBRARY_PATH", "/opt/host/lib")]
    [InlineData("TMPDIR", "/tmp")]
    [InlineData("XDG_RUNTIME_DIR", "/run/user/4001")]
    [InlineData("HOSTNAME", "o2login01")]
    [InlineData("PISAHPC_JOB", "/run/pisahpc/4711")]
    public async Task What_is_the_nodes_or_an_outer_steps_is_dropped(string name, string value) =>
        Assert.DoesNotContain(name, (await VariablesAsync([], new() { [name] = value })).Keys);

    [Theory]
    [InlineData("SLURM_JOB_ID", "4711")]
    [InlineData("SLURM_CPUS_PER_TASK", "8")]
    [InlineData("LSB_MCPU_HOSTS", "o2wn01 32 o2wn02 24")]
    [InlineData("PMIX_RANK", "3")]
    [InlineData("OMPI_MCA_btl_tcp_if_include", "10.10.13.0/24")]
    [InlineData("DISPLAY", "localhost:10.0")]
    [InlineData("XAUTHORITY", "/tmp/.Xauthority-1")]
    [InlineData("LANG", "C.UTF-8")]
    [InlineData("MULTI", "one\ntwo\n\nfour=4\n")]
    [InlineData("UTF8", "Pìsa ☂")]
    public async Task What_a_job_is_told_comes_as_it_was(string name, string value) =>
        Assert.Equal(value, (await VariablesAsync([], new() { [name] = value }))[name]);

    [Theory]
    [InlineData("--drop", "SECRET_*", "SECRET_KEY", false)]
    [InlineData("--drop", "SECRET_*", "A_SECRET_KEY", true)]
    [InlineData("--drop", "*_KEY", "SECRET_KEY", false)]
    [InlineData("--drop", "S?CRET*K*Y", "SECRET_KEY", false)]
    [InlineData("--drop", "S?CRET*K*Y", "SECRET_KEYS", true)]
    [InlineData("--keep", "LD_*", "LD_LIBRARY_PATH", true)]
    [InlineData("--keep", "*", "TMPDIR", true)]
    [InlineData("--drop", "SLURM_*", "SLURM_JOB_ACCOUNT", false)]
    [InlineData("--drop", "SLURM_*", "SLURM_NODELIST", true)] // ranks find each other by it
    [InlineData("--drop", "*", "PMIX_RANK", true)]
    [InlineData("--drop", "*", "PMI_RANK", true)]
    public async Task A_site_drops_and_keeps_more(string option, string pattern, string name, bool kept) =>
        Assert.Equal(kept, (await VariablesAsync([option, pattern], new() { [name] = "/tmp" })).ContainsKey(name));

    [Fact]
    public async Task Of_two_rules_for_a_name_the_later_one_decides()
    {
        var callers = new Dictionary<string, string?> { ["LD_PRELOAD"] = "", ["LD_BIND_NOW"] = "1" };
        var variables = await VariablesAsync(["--keep", "LD_*", "--drop", "LD_BIND_NOW"], callers);
        Assert.Contains("LD_PRELOAD", variables.Keys);
        Assert.DoesNotContain("LD_BIND_NOW", variables.Keys);
    }

    [Fact]
    public async Task No_rule_gives_the_owners_home_away() =>
        Assert.Equal("/home/ada", (await VariablesAsync(["--keep", "HOME"], new() { ["HOME"] = "/root" }))["HOME"]);

    [Fact]
    public async Task More_than_a_hundred_kilobytes_come_through()
    {
        var callers = Enumerable.Range(0, 40).ToDictionary(i => $"LARGE_{i}", i => (string?)new string((char)('a' + (i % 26)), 20_000));
        var variables = await VariablesAsync([], callers);
        Assert.All(callers, pair => Assert.Equal(pair.Value, variables[pair.Key]));
    }

    /// <summary>A single string longer than execve(2) takes, 128 KiB, which no process can have, so that none of ours can send it.</summary>
    [Fact]
    public async Task What_is_more_than_the_kernel_takes_is_the_programs_failure()
    {
        await using var agent = await ServedAgent.StartAsync();
        using var socket = AgentMessage.Connect(agent.Socket);
        var text = AgentMessage.Strings("/", "true", "LONG=" + new string('x', 200_000));
        Assert.True(Libc.Send(
            socket.SafeHandle, AgentMessage.Of(AgentMessage.Begin, body: AgentMessage.BeginBody(0, 0, 0, 1, 1, (uint)text.Length)), []));
        foreach (var part in text.Chunk(32768))
        {
            await Wait.UntilAsync(
                () => Libc.Send(socket.SafeHandle, AgentMessage.Of(AgentMessage.Text, body: part), []), () => "the agent takes no more");
        }

        Assert.Equal(AgentMessage.Received, AgentMessage.Receive(socket)?.Type);
        Assert.Equal((AgentMessage.Failed, 6u, 7u), AgentMessage.ReceiveWhole(socket)); // E2BIG
    }

    /// <summary>The client's own bound, beyond which an agent takes nothing.</summary>
    [Fact]
    public async Task What_is_more_than_an_agent_takes_is_said()
    {
        await using var agent = await ServedAgent.StartAsync();
        using var run = agent.StartBy(
            "bash", "ulimit -s unlimited; for i in {1..60}; do export V$i=$(head -c 100000 /dev/zero | tr '\\0' x); done; exec \"$@\"", ["env"]);
        var result = await run.EndAsync([]);
        Assert.Equal(126, result.ExitCode);
        Assert.Matches("^pisahpc-run: env: Argument list too long: arguments and environment are [0-9]{7} bytes in [0-9]+ strings, and may be 4194304 in 131072\n$", result.Error);
    }

    private static async Task<Dictionary<string, string>> VariablesAsync(IEnumerable<string> options, Dictionary<string, string?> callers)
    {
        await using var agent = await ServedAgent.StartAsync(options);
        var result = await agent.RunAsync(["--cd", "/usr", "env", "--null"], variables: callers);
        return result.EndedWith(0).Output.TrimEnd('\0').Split('\0').ToDictionary(line => line.Split('=')[0], line => line[(line.IndexOf('=') + 1)..]);
    }
}
