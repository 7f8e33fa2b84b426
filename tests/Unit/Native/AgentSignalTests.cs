using System.Globalization;
using System.Runtime.Versioning;

namespace PisaHpc.Unit.Native;

/// <summary>Signals to a client reach the program, once each.</summary>
[SupportedOSPlatform("linux")]
public sealed class AgentSignalTests : IAsyncLifetime
{
    private ServedAgent _agent = null!;

    public async Task InitializeAsync() => _agent = await ServedAgent.StartAsync();

    public async Task DisposeAsync() => await _agent.DisposeAsync();

    [Theory]
    [InlineData("HUP", Libc.SigHup)]
    [InlineData("INT", Libc.SigInt)]
    [InlineData("QUIT", Libc.SigQuit)]
    [InlineData("TERM", Libc.SigTerm)]
    [InlineData("USR1", Libc.SigUsr1)]
    [InlineData("USR2", Libc.SigUsr2)]
    [InlineData("TSTP", Libc.SigTstp)]
    [InlineData("CONT", Libc.SigCont)]
    [InlineData("ALRM", 14)]
    [InlineData("XCPU", 24)]
    [InlineData("NUM40", 40)] // of the real-time ones
    public async Task A_signal_is_handed_on_once(string name, int signal)
    {
        // A group of its own is never orphaned, whatever the tests were started by: TSTP would be handed on as STOP there.
        using var run = _agent.StartBy("sh", "exec perl -e 'setpgrp; exec @ARGV' \"$@\"", ["perl", "-e", Count(name)]);
        await run.SaysAsync("ready\n");
        run.Signal(signal);
        await run.SaysAsync($"{name}\n");
        // The end comes by another way, after whatever else would have come.
        run.Signal(signal == Libc.SigUsr2 ? Libc.SigTerm : Libc.SigUsr2);
        var result = await run.EndAsync();
        Assert.Equal($"ready\n{name}\n", result.EndedWith(128 + (signal == Libc.SigUsr2 ? Libc.SigTerm : Libc.SigUsr2)).Output);
    }

    [Fact]
    public async Task A_signal_is_for_the_program_and_not_for_its_children()
    {
        const string script = "trap 'echo got it; kill -USR2 $child' TERM; perl -e \"$1\" & child=$!; wait $child; wait $child; echo $?";
        using var run = _agent.Start(["bash", "-c", script, "bash", Count("TERM")]);
        await run.SaysAsync("ready\n");
        run.Signal(Libc.SigTerm);
        Assert.Equal($"ready\ngot it\n{128 + Libc.SigUsr2}\n", (await run.EndAsync()).EndedWith(0).Output);
    }

    [Fact]
    public async Task A_program_may_catch_a_signal_and_end_as_it_likes()
    {
        using var run = _agent.Start(["sh", "-c", "trap 'echo saved; exit 5' TERM; echo ready; while :; do sleep 0.01; done"]);
        await run.SaysAsync("ready\n");
        run.Signal(Libc.SigTerm);
        Assert.Equal("ready\nsaved\n", (await run.EndAsync()).EndedWith(5).Output);
    }

    [Fact]
    public async Task A_signal_that_the_program_dies_of_is_the_clients_death()
    {
        using var run = _agent.Start(["sh", "-c", "echo ready; exec sleep 600"]);
        await run.SaysAsync("ready\n");
        run.Signal(Libc.SigTerm);
        (await run.EndAsync()).EndedWith(128 + Libc.SigTerm);
        await _agent.AssertNothingLeftAsync();
    }

    /// <summary>A signal that a process is sent twice before it looks comes once, so only what the client says can be counted.</summary>
    [Fact]
    public async Task A_client_says_a_signal_once()
    {
        using var agent = new ScriptedAgent();
        using var run = await agent.StartAsync();
        agent.Say(AgentMessage.Started);
        // The first of them does not end a client that has not heard of the start yet.
        foreach (var number in new[] { Libc.SigUsr1, Libc.SigTerm, Libc.SigHup, Libc.SigCont, Libc.SigUsr2, Libc.SigInt })
        {
            run.Signal(number);
            Assert.Equal(((uint)number, number == Libc.SigCont), agent.NextSignal());
        }

        agent.Say(AgentMessage.Exited, 3);
        (await run.EndAsync()).EndedWith(3);
    }

    [Fact]
    public async Task A_signal_that_its_caller_ignores_does_not_end_a_client_that_waits()
    {
        using var agent = new ScriptedAgent();
        using var run = await agent.StartAsync(["sh", "-c", "trap '' HUP; exec \"$@\"", "sh"]);
        await ScriptedAgent.SignalAsync(run, Libc.SigHup);
        agent.Say(AgentMessage.Started);
        Assert.Equal((uint)Libc.SigHup, agent.NextSignal().Number);
        agent.Say(AgentMessage.Exited, 3);
        (await run.EndAsync()).EndedWith(3);
    }

    [Fact]
    public async Task A_signal_that_nobody_ignores_ends_a_client_that_waits()
    {
        using var agent = new ScriptedAgent();
        using var run = await agent.StartAsync();
        run.Signal(Libc.SigHup);
        (await run.EndAsync()).EndedWith(128 + Libc.SigHup);
    }

    /// <summary>Who sends it may have seen the program, of which the agent has not said a word yet.</summary>
    [Fact]
    public async Task A_signal_between_a_program_s_start_and_the_word_of_it_is_the_program_s()
    {
        using var agent = new ScriptedAgent();
        using var run = await agent.StartAsync();
        agent.Say(AgentMessage.Received);
        await ScriptedAgent.SignalAsync(run, Libc.SigTerm);
        agent.Say(AgentMessage.Started);
        Assert.Equal(((uint)Libc.SigTerm, false), agent.NextSignal());
        agent.Say(AgentMessage.Exited, 3);
        (await run.EndAsync()).EndedWith(3);
    }

    [Fact]
    public async Task A_signal_ends_a_client_whose_program_does_not_start()
    {
        using var agent = new ScriptedAgent();
        using var run = await agent.StartAsync();
        agent.Say(AgentMessage.Received);
        run.Signal(Libc.SigTerm);
        (await run.EndAsync()).EndedWith(128 + Libc.SigTerm);
    }

    internal static int NumberIn(string output, string name) =>
        int.Parse(output[(output.IndexOf(name, StringComparison.Ordinal) + name.Length)..].Split('\n')[0], CultureInfo.InvariantCulture);

    /// <summary>A process' state, proc(5); a blank for one that is gone.</summary>
    internal static char StateOf(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/stat").Split(") ")[^1][0] is not ('Z' or 'X') and var state ? state : ' ';
        }
        catch (IOException)
        {
            return ' ';
        }
    }

    private static string Count(string name) =>
        "$| = 1; $SIG{" + name + "} = sub { print \"" + name + "\\n\" }; print \"ready\\n\"; sleep 1 while 1";
}
