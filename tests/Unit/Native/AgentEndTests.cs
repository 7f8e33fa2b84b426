using System.Runtime.Versioning;

namespace PisaHpc.Unit.Native;

/// <summary>Whatever ends early, nothing of it is left.</summary>
[SupportedOSPlatform("linux")]
public sealed class AgentEndTests
{
    // A program with a child that is deaf to TERM, another in a session of its own, and itself not willing.
    private const string Stubborn =
        "trap 'echo term' TERM; (setsid sleep 601 &); (trap '' TERM; exec sleep 602) & echo ready; sleep 603; sleep 604; sleep 605";

    [Theory]
    [InlineData("echo ready; exec sleep 600")]
    [InlineData("(setsid sleep 601 &); sleep 602 & echo ready; sleep 603")]
    [InlineData(Stubborn)]
    public async Task A_killed_client_leaves_nothing(string script)
    {
        await using var agent = await ServedAgent.StartAsync("--grace", "1");
        using var run = agent.Start(["sh", "-c", script]);
        await run.SaysAsync("ready\n");
        run.Signal(Libc.SigKill);
        await agent.AssertNothingLeftAsync();
        Assert.Equal("still here\n", (await agent.RunAsync(["echo", "still here"])).EndedWith(0).Output);
    }

    [Fact]
    public async Task A_killed_clients_program_may_tidy_up_first()
    {
        await using var agent = await ServedAgent.StartAsync();
        var file = Path.Combine(agent.Folder, "tidy");
        using var run = agent.Start(["sh", "-c", $"trap 'echo tidy >{file}; exit' TERM; echo ready; while :; do sleep 0.01; done"]);
        await run.SaysAsync("ready\n");
        run.Signal(Libc.SigKill);
        await agent.AssertNothingLeftAsync();
        Assert.Equal("tidy\n", await File.ReadAllTextAsync(file));
    }

    [Fact]
    public async Task What_a_program_leaves_behind_lives_as_long_as_the_agent()
    {
        await using var agent = await ServedAgent.StartAsync();
        (await agent.RunShellAsync("sleep 605 >/dev/null 2>&1 </dev/null &")).EndedWith(0);
        await Wait.UntilAsync(() => agent.Marked().Count == 1, () => "it ended with the program");
        agent.Signal(Libc.SigTerm);
        Assert.Equal(0, (await agent.EndAsync()).ExitCode);
        Assert.Empty(agent.Marked());
    }

    [Theory]
    [InlineData("echo ready; sleep 600", 1)]
    [InlineData(Stubborn, 1)]
    [InlineData(Stubborn, 2)]
    public async Task An_agent_that_is_told_to_end_leaves_nothing(string script, int times)
    {
        await using var agent = await ServedAgent.StartAsync("--grace", times == 2 ? "600" : "1");
        using var run = agent.Start(["sh", "-c", script]);
        await run.SaysAsync("ready\n");
        for (var i = 0; i < times; i++)
        {
            agent.Signal(Libc.SigTerm);
            // Two signals of a kind that nobody took yet are one.
            await (times == 2 ? run.SaysAsync("term\n") : Wait.UntilAsync(() => !File.Exists(agent.Socket), () => "it goes on listening"));
        }

        Assert.Equal((0, ""), await agent.EndAsync());
        Assert.Empty(agent.Marked().Except([run.Id]));
        var result = await run.EndAsync();
        Assert.True(result.ExitCode is 128 + Libc.SigTerm or 128 + Libc.SigKill, $"{result.ExitCode}");
        Assert.False(File.Exists(agent.Socket));
    }

    [Fact]
    public async Task A_killed_agent_leaves_nothing_and_its_clients_say_so()
    {
        await using var agent = await ServedAgent.StartAsync("--grace", "1");
        using var run = agent.Start(["sh", "-c", "echo ready; sleep 600"]);
        await run.SaysAsync("ready\n");
        agent.Signal(Libc.SigKill);
        await Wait.UntilAsync(() => agent.Marked().Count == 0, () => "something is left");
        (await run.EndAsync()).EndedWith(128 + Libc.SigTerm);
    }

    [Fact]
    public async Task A_killed_session_takes_its_program_along()
    {
        await using var agent = await ServedAgent.StartAsync();
        using var run = agent.Start(["sh", "-c", "echo ready; exec sleep 600"]);
        await run.SaysAsync("ready\n");
        Assert.Equal(0, Libc.Kill(Assert.Single(agent.Sessions()), Libc.SigKill));
        var result = (await run.EndAsync()).EndedWith(75);
        Assert.Equal("pisahpc-run: the agent ended before sh did\n", result.Error);
        await agent.AssertNothingLeftAsync();
    }

    [Theory]
    [InlineData("exit 9", 9)]
    [InlineData("kill -KILL $$", 137)]
    public async Task The_agent_ends_with_the_program_beside_it_and_ends_the_sessions(string end, int exitCode)
    {
        var gate = Path.Combine(Path.GetTempPath(), $"pisahpc-gate-{Guid.NewGuid():N}");
        await using var agent = await ServedAgent.StartAsync("--grace", "1", "--", "sh", "-c", $"until [ -e {gate} ]; do sleep 0.01; done; {end}");
        using var run = agent.Start(["sh", "-c", "echo ready; exec sleep 600"]);
        await run.SaysAsync("ready\n");
        await File.WriteAllTextAsync(gate, "");
        Assert.Equal(exitCode, (await agent.EndAsync()).ExitCode);
        (await run.EndAsync()).EndedWith(128 + Libc.SigTerm);
        Assert.Empty(agent.Marked());
        File.Delete(gate);
    }

    [Fact]
    public async Task A_program_beside_that_cannot_be_run_is_the_agents_end()
    {
        await using var agent = ServedAgent.Begin(["--", "/no/such/sshd"]);
        Assert.Equal((127, "pisahpc-agent: /no/such/sshd: No such file or directory\n"), await agent.EndAsync());
        Assert.False(File.Exists(agent.Socket));
    }

    [Fact]
    public async Task The_program_beside_is_told_to_end_with_the_agent()
    {
        var file = Path.Combine(Path.GetTempPath(), $"pisahpc-beside-{Guid.NewGuid():N}");
        await using var agent = await ServedAgent.StartAsync(
            "--", "sh", "-c", $"trap 'echo told >>{file}; exit 3' TERM; echo up >{file}; while :; do sleep 0.01; done");
        await Wait.UntilAsync(() => File.Exists(file) && File.ReadAllText(file) == "up\n", () => "it does not run");
        agent.Signal(Libc.SigTerm);
        Assert.Equal(0, (await agent.EndAsync()).ExitCode);
        Assert.Equal("up\ntold\n", await File.ReadAllTextAsync(file));
        File.Delete(file);
    }

    /// <summary>As a step's ranks end with it: the batch system signals the client and finds nothing else to end.</summary>
    [Theory]
    [InlineData(Libc.SigTerm)]
    [InlineData(Libc.SigInt)]
    [InlineData(Libc.SigHup)]
    public async Task What_is_told_to_end_ends_with_all_that_it_started(int signal)
    {
        await using var agent = await ServedAgent.StartAsync("--grace", "1");
        const string script = "sleep 601 & (setsid sleep 602 &); (trap '' TERM; exec sleep 603) & echo ready; exec sleep 604";
        using var run = agent.Start(["bash", "-c", script]);
        await run.SaysAsync("ready\n");
        run.Signal(signal);
        (await run.EndAsync()).EndedWith(128 + signal);
        await agent.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task What_a_killed_program_started_ends_with_it()
    {
        await using var agent = await ServedAgent.StartAsync("--grace", "1");
        (await agent.RunShellAsync("sleep 601 >/dev/null 2>&1 <&1 & kill -KILL $$")).EndedWith(128 + Libc.SigKill);
        await agent.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task A_session_that_is_told_twice_before_it_looks_gives_no_grace()
    {
        await using var agent = await ServedAgent.StartAsync("--grace", "600");
        using var run = agent.Start(["sh", "-c", "trap '' TERM; echo ready; sleep 601; sleep 602"]);
        await run.SaysAsync("ready\n");
        var session = Assert.Single(agent.Sessions());
        foreach (var signal in new[] { Libc.SigStop, Libc.SigTerm, Libc.SigQuit, Libc.SigCont })
        {
            Assert.Equal(0, Libc.Kill(session, signal));
        }

        (await run.EndAsync()).EndedWith(128 + Libc.SigKill);
        await agent.AssertNothingLeftAsync();
    }

    /// <summary>Needs root, to take /proc away.</summary>
    [Fact]
    public async Task An_agent_without_proc_ends_its_programs_with_a_grace_too()
    {
        var script = Path.GetTempFileName();
        await File.WriteAllTextAsync(
            script,
            $"#!/bin/sh\nexec unshare --pid --fork --kill-child --mount sh -c 'umount --lazy /proc; exec {ServedAgent.Program} \"$@\"' sh \"$@\"\n");
        File.SetUnixFileMode(script, (UnixFileMode)0x1c0);
        await using var agent = ServedAgent.Begin(["--grace", "60"], script);
        (await agent.RunAsync(["--wait", "30", "--probe"])).EndedWith(0);
        var first = Assert.Single(agent.Sessions());
        using var run = agent.Start(["sh", "-c", "trap 'exit 5' TERM; (setsid sh -c 'echo ready; exec sleep 601' &); while :; do sleep 0.01; done"]);
        await run.SaysAsync("ready\n");
        Assert.Equal(0, Libc.Kill(first, Libc.SigTerm));
        (await run.EndAsync()).EndedWith(5);
        Assert.Equal((0, ""), await agent.EndAsync());
        File.Delete(script);
    }
}
