using System.Diagnostics;
using System.Runtime.Versioning;
using static PisaHpc.Unit.Native.AgentSignalTests;

namespace PisaHpc.Unit.Native;

/// <summary>A client stops as its program does, and never misses that the program goes on or ends.</summary>
[SupportedOSPlatform("linux")]
public sealed class AgentStopTests : IAsyncLifetime
{
    private ServedAgent _agent = null!;

    public async Task InitializeAsync() => _agent = await ServedAgent.StartAsync();

    public async Task DisposeAsync() => await _agent.DisposeAsync();

    /// <summary>A batch system that suspends a job waits for nothing; a shell's job control sees what it would see of the program.</summary>
    [Fact]
    public async Task A_suspended_client_and_its_program_stop_and_go_on_together()
    {
        using var shell = _agent.StartBy(
            "bash", "set -m; \"$@\" & echo client=$!; read line", ["sh", "-c", "echo program=$$; exec sleep 600"]);
        await shell.SaysAsync("program=");
        await shell.SaysAsync("client=");
        var (client, program) = (NumberIn(shell.Output, "client="), NumberIn(shell.Output, "program="));
        for (var round = 0; round < 2; round++)
        {
            Assert.Equal(0, Libc.Kill(client, Libc.SigTstp));
            await BothAsync(client, program, "T");
            Assert.Equal(0, Libc.Kill(client, Libc.SigCont));
            await BothAsync(client, program, "RS");
        }

        Assert.Equal(0, Libc.Kill(client, Libc.SigTerm));
        await BothAsync(client, program, " ");
    }

    /// <summary>
    /// As directly below slurmstepd, which suspends by TSTP: the kernel alone would stop nothing there. The client goes on, so that it
    /// hears of a continuation whenever that comes.
    /// </summary>
    [Fact]
    public async Task A_suspended_job_stops_computing_where_its_group_is_orphaned()
    {
        using var run = _agent.StartBy("sh", "exec setsid \"$@\"", ["sh", "-c", "perl -e '1 while 1' & echo computing=$!; wait"]);
        await run.SaysAsync("computing=");
        var computing = NumberIn(run.Output, "computing=");
        for (var round = 0; round < 2; round++)
        {
            run.Signal(Libc.SigTstp);
            await Wait.UntilAsync(() => StateOf(computing) == 'T', () => $"the program is {StateOf(computing)}");
            Assert.NotEqual('T', StateOf(run.Id));
            run.Signal(Libc.SigCont);
            await BothAsync(run.Id, computing, "RS");
        }

        run.Signal(Libc.SigTerm);
        (await run.EndAsync()).EndedWith(128 + Libc.SigTerm);
        await _agent.AssertNothingLeftAsync();
    }

    /// <summary>Where nobody could continue it, as directly below a login.</summary>
    [Fact]
    public async Task A_terminals_stop_does_not_stop_an_orphaned_group()
    {
        using var terminal = TestTerminal.Start(_agent, ["--no-tty", "sh", "-c", "echo begun; read a; echo \"got $a\"; exit 3"]);
        await terminal.ShowsAsync("begun\r\n");
        terminal.Type("\x1a");
        terminal.Type("word\n");
        Assert.Equal(3, await terminal.EndAsync());
        await terminal.ShowsAsync("got word\r\n");
    }

    [Fact]
    public async Task A_stop_from_before_the_last_continuation_is_past()
    {
        using var agent = new ScriptedAgent();
        using var run = await agent.StartAsync();
        agent.Say(AgentMessage.Received);
        agent.Say(AgentMessage.Started);
        run.Signal(Libc.SigTstp);
        Assert.True(agent.NextSignal().Number is Libc.SigTstp or Libc.SigStop);
        run.Signal(Libc.SigCont);
        Assert.Equal(((uint)Libc.SigCont, true), agent.NextSignal());
        agent.Say(AgentMessage.Stopped, Libc.SigTstp, detail: 0);
        run.Signal(Libc.SigUsr1);
        Assert.Equal((uint)Libc.SigUsr1, agent.NextSignal().Number);
        agent.Say(AgentMessage.Stopped, Libc.SigTstp, detail: 1);
        await Wait.UntilAsync(() => StateOf(run.Id) == 'T', () => "it does not stop");
        run.Signal(Libc.SigCont);
        Assert.Equal(((uint)Libc.SigCont, true), agent.NextSignal());
        agent.Say(AgentMessage.Exited, 3);
        (await run.EndAsync()).EndedWith(3);
    }

    /// <summary>Below a batch system: a shell continues what it has seen to stop.</summary>
    [Fact]
    public async Task A_job_that_is_continued_at_once_goes_on()
    {
        for (var round = 0; round < 60; round++)
        {
            using var run = _agent.StartBy("sh", "exec setsid \"$@\"", ["sh", "-c", "echo ready; read line; exit 3"]);
            await run.SaysAsync("ready\n");
            run.Signal(Libc.SigTstp);
            for (var since = Stopwatch.StartNew(); since.Elapsed.TotalMicroseconds < round * 25;)
            {
                Thread.SpinWait(10);
            }

            run.Signal(Libc.SigCont);
            (await run.EndAsync([])).EndedWith(3);
        }
    }

    [Theory]
    [InlineData(Libc.SigTstp, Libc.SigCont, Libc.SigCont)]
    [InlineData(Libc.SigCont, Libc.SigTstp, Libc.SigTstp)]
    public async Task Of_a_stop_and_a_continuation_before_the_start_the_later_one_holds(int first, int second, int expected)
    {
        using var agent = new ScriptedAgent();
        using var run = await agent.StartAsync();
        await ScriptedAgent.SignalAsync(run, first);
        await ScriptedAgent.SignalAsync(run, second);
        await ScriptedAgent.SignalAsync(run, Libc.SigUsr2);
        agent.Say(AgentMessage.Started);
        List<uint> signals = [agent.NextSignal().Number, agent.NextSignal().Number];
        Assert.Contains((uint)Libc.SigUsr2, signals);
        Assert.Contains(signals, number => number == expected || (expected == Libc.SigTstp && number == Libc.SigStop));
        agent.Say(AgentMessage.Exited, 3);
        (await run.EndAsync()).EndedWith(3);
    }

    [Theory]
    [InlineData(Libc.SigCont, 3)] // by somebody in the container
    [InlineData(Libc.SigKill, 128 + Libc.SigKill)]
    public async Task A_stopped_client_sees_that_its_program_goes_on_or_ends(int signal, int exitCode)
    {
        using var run = _agent.Start(["sh", "-c", "echo program=$$; kill -STOP $$; exit 3"]);
        await run.SaysAsync("program=");
        var program = NumberIn(run.Output, "program=");
        await BothAsync(run.Id, program, "T");
        Assert.Equal(0, Libc.Kill(program, signal));
        (await run.EndAsync()).EndedWith(exitCode);
    }

    [Fact]
    public async Task A_client_that_its_program_woke_stops_with_it_again()
    {
        using var run = _agent.Start(["sh", "-c", "echo program=$$; kill -STOP $$; kill -STOP $$; exit 3"]);
        await run.SaysAsync("program=");
        var program = NumberIn(run.Output, "program=");
        await BothAsync(run.Id, program, "T");
        Assert.Equal(0, Libc.Kill(program, Libc.SigCont));
        await BothAsync(run.Id, program, "T");
        // By the client as by the shell that has stopped it: until it is past the second stop.
        await Wait.UntilAsync(
            () =>
            {
                _ = StateOf(run.Id) == 'T' ? Libc.Kill(run.Id, Libc.SigCont) : 0;
                return run.HasEnded;
            },
            () => "it is not continued");
        (await run.EndAsync()).EndedWith(3);
    }

    [Fact]
    public async Task A_stopped_client_sees_that_its_session_is_gone()
    {
        using var run = _agent.Start(["sh", "-c", "echo program=$$; kill -STOP $$"]);
        await run.SaysAsync("program=");
        await BothAsync(run.Id, NumberIn(run.Output, "program="), "T");
        Assert.Equal(0, Libc.Kill(Assert.Single(_agent.Sessions()), Libc.SigKill));
        (await run.EndAsync()).EndedWith(75);
    }

    [Fact]
    public async Task A_stopped_client_that_is_killed_leaves_nothing()
    {
        using var run = _agent.Start(["sh", "-c", "echo program=$$; kill -STOP $$"]);
        await run.SaysAsync("program=");
        await BothAsync(run.Id, NumberIn(run.Output, "program="), "T");
        run.Signal(Libc.SigKill);
        await _agent.AssertNothingLeftAsync();
    }

    private static Task BothAsync(int client, int program, string states) => Wait.UntilAsync(
        () => states.Contains(StateOf(client)) && states.Contains(StateOf(program)),
        () => $"client {StateOf(client)}, program {StateOf(program)}, not {states}");
}
