using System.Globalization;
using System.Runtime.Versioning;

namespace PisaHpc.Unit.Native;

/// <summary>Signals to a client reach the program, once each; a program that stops stops its client.</summary>
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
    public async Task A_signal_is_handed_on_once(string name, int signal)
    {
        using var run = _agent.Start(["perl", "-e", Count(name)]);
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
            await Wait.UntilAsync(() => StateOf(client) == 'T' && StateOf(program) == 'T', () => $"client {StateOf(client)}, program {StateOf(program)}");
            Assert.Equal(0, Libc.Kill(client, Libc.SigCont));
            await Wait.UntilAsync(() => StateOf(client) is 'S' or 'R' && StateOf(program) is 'S' or 'R', () => $"client {StateOf(client)}, program {StateOf(program)}");
        }

        Assert.Equal(0, Libc.Kill(client, Libc.SigTerm));
        await Wait.UntilAsync(() => StateOf(client) == ' ' && StateOf(program) == ' ', () => "they go on");
    }

    /// <summary>Where nobody could continue it, as directly below a login, a terminal's stop does not stop a program.</summary>
    [Fact]
    public async Task A_client_whose_group_is_orphaned_is_not_stopped()
    {
        using var run = _agent.StartBy("sh", "exec setsid \"$@\"", ["sh", "-c", "trap 'echo usr1' USR1; echo ready; while :; do sleep 0.01; done"]);
        await run.SaysAsync("ready\n");
        run.Signal(Libc.SigTstp);
        run.Signal(Libc.SigUsr1);
        await run.SaysAsync("usr1\n");
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
