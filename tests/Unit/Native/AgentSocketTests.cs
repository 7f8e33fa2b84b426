using System.Net.Sockets;
using System.Runtime.Versioning;

namespace PisaHpc.Unit.Native;

/// <summary>Where an agent listens and whom it lets in, and what a client says that does not get in.</summary>
[SupportedOSPlatform("linux")]
public sealed class AgentSocketTests
{
    [Fact]
    public async Task The_socket_is_its_owners_alone()
    {
        await using var agent = await ServedAgent.StartAsync();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(agent.Socket));
        Assert.Equal(["socket"], Directory.GetFileSystemEntries(agent.Folder).Select(Path.GetFileName));
    }

    [Fact]
    public async Task What_was_open_when_it_was_started_is_not_held()
    {
        var folder = Directory.CreateTempSubdirectory("pisahpc-agent-");
        var starter = Path.Combine(folder.FullName, "starter");
        ProgramFile.Write(starter, $"#!/bin/sh\nexec 9<{starter}\nexec {ServedAgent.Program} \"$@\"\n");
        await using (var agent = ServedAgent.Begin([], starter))
        {
            (await agent.RunAsync(["--wait", "30", "--probe"])).EndedWith(0);
            Assert.DoesNotContain(
                starter, Directory.GetFiles($"/proc/{agent.Id}/fd").Select(file => new FileInfo(file).LinkTarget), StringComparer.Ordinal);
        }

        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_socket_that_a_killed_agent_left_gives_way()
    {
        await using var first = await ServedAgent.StartAsync();
        first.Signal(Libc.SigKill);
        await first.EndAsync();
        Assert.True(File.Exists(first.Socket));
        await using var second = ServedAgent.Begin([], socket: first.Socket);
        (await second.RunAsync(["--wait", "30", "--probe"])).EndedWith(0);
    }

    [Fact]
    public async Task An_agent_that_answers_keeps_its_place()
    {
        await using var first = await ServedAgent.StartAsync();
        await using var second = ServedAgent.Begin([], socket: first.Socket);
        Assert.Equal(
            (78, $"pisahpc-agent: cannot listen on {first.Socket}: another agent listens there, or it is no socket\n"), await second.EndAsync());
        (await first.RunAsync(["true"])).EndedWith(0);
    }

    [Fact]
    public async Task Of_two_agents_that_start_at_once_one_listens_and_the_other_says_so()
    {
        for (var round = 0; round < 20; round++)
        {
            await using var first = ServedAgent.Begin([]);
            await using var second = ServedAgent.Begin([], socket: first.Socket);
            var ends = new[] { first.EndAsync(), second.EndAsync() };
            var loser = await Task.WhenAny(ends);
            Assert.Equal(78, (await loser).ExitCode);
            Assert.Equal("in\n", (await first.RunAsync(["--wait", "30", "echo", "in"])).EndedWith(0).Output);
            (loser == ends[0] ? second : first).Signal(Libc.SigTerm);
            Assert.Equal([0, 78], (await Task.WhenAll(ends)).Select(end => end.ExitCode).Order());
        }
    }

    [Fact]
    public async Task A_file_that_is_no_socket_is_left_alone()
    {
        var file = Path.GetTempFileName();
        await using var agent = ServedAgent.Begin([], socket: file);
        Assert.Equal(78, (await agent.EndAsync()).ExitCode);
        Assert.True(File.Exists(file));
        File.Delete(file);
    }

    [Fact]
    public async Task A_path_longer_than_an_address_works()
    {
        var folder = Directory.CreateTempSubdirectory("pisahpc-" + new string('x', 120));
        await using (var agent = ServedAgent.Begin([], socket: Path.Combine(folder.FullName, "socket")))
        {
            (await agent.RunAsync(["--wait", "30", "--probe"])).EndedWith(0);
            Assert.Equal("in\n", (await agent.RunAsync(["echo", "in"])).EndedWith(0).Output);
            agent.Signal(Libc.SigTerm);
            await agent.EndAsync();
        }

        Assert.Empty(folder.GetFileSystemInfos());
        folder.Delete();
    }

    /// <summary>Even one who may connect to the file; and no client sends anything to another's agent. Needs root, to be somebody else.</summary>
    [Fact]
    public async Task Another_user_is_refused_on_both_sides()
    {
        await using var agent = await ServedAgent.StartAsync();
        File.SetUnixFileMode(agent.Folder, (UnixFileMode)0x1ff);
        File.SetUnixFileMode(agent.Socket, (UnixFileMode)0x1b6);
        using var stranger = agent.StartBy("sh", "exec setpriv --reuid 4001 --regid 4001 --clear-groups \"$@\"", ["--probe"]);
        var refused = await stranger.EndAsync([]);
        Assert.Equal((78, $"pisahpc-run: the agent at {agent.Socket} is another user's\n"), (refused.ExitCode, refused.Error));

        // Without the client's own look: the agent's answer, and no program.
        using var socket = AgentMessage.Connect(agent.Socket);
        (await agent.RunAsync(["true"])).EndedWith(0);
        var file = Path.Combine(agent.Folder, "raw");
        using var raw = agent.StartBy("sh", $"exec setpriv --reuid 4001 --regid 4001 --clear-groups perl -e '{RawProbe(agent.Socket)}'", []);
        Assert.Equal($"{AgentMessage.Failed} 2", (await raw.EndAsync([])).EndedWith(0).Output);
    }

    [Theory]
    [InlineData("absent", 75, "nobody listens there")]
    [InlineData("stale", 75, "nobody listens there")]
    [InlineData("file", 75, "nobody listens there")]
    [InlineData("file/below", 78, "Not a directory")]
    public async Task A_client_that_finds_no_agent_says_so_in_a_line(string what, int exitCode, string reason)
    {
        var folder = Directory.CreateTempSubdirectory("pisahpc-agent-");
        using (var socket = new Socket(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified))
        {
            socket.Bind(new UnixDomainSocketEndPoint(Path.Combine(folder.FullName, "stale")));
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "file"), "");
        }

        var path = Path.Combine(folder.FullName, what);
        using var run = ClientRun.Start([ServedAgent.ClientProgram, "--socket", path, "true"], "A=B", null);
        var result = await run.EndAsync([]);
        Assert.Equal((exitCode, $"pisahpc-run: no agent at {path}: {reason}\n"), (result.ExitCode, result.Error));
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task More_sessions_than_there_may_be_are_to_come_again()
    {
        await using var agent = await ServedAgent.StartAsync("--sessions", "2");
        using var first = agent.Start(["cat"]);
        using var second = agent.Start(["cat"]);
        await Wait.UntilAsync(() => agent.Sessions().Count == 2, () => "they did not begin");
        var third = await agent.RunAsync(["true"]);
        Assert.Equal((75, "pisahpc-run: the agent has as many sessions as it may have\n"), (third.ExitCode, third.Error));
        (await first.EndAsync([])).EndedWith(0);
        await Wait.UntilAsync(() => agent.Sessions().Count == 1, () => "it did not end");
        (await agent.RunAsync(["true"])).EndedWith(0);
        (await second.EndAsync([])).EndedWith(0);
    }

    [Theory]
    [InlineData("")]
    [InlineData("--socket")]
    [InlineData("--no-such-option", "true")]
    [InlineData("--wait", "soon", "true")]
    [InlineData("--probe", "true")]
    [InlineData("--")]
    [InlineData("--", "")]
    public async Task A_client_that_is_called_wrongly_says_how(params string[] arguments)
    {
        using var run = ClientRun.Start([ServedAgent.ClientProgram, .. arguments], "A=B", null);
        Assert.StartsWith("usage: pisahpc-run ", (await run.EndAsync([])).EndedWith(64).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_without_a_socket_says_which_is_missing()
    {
        using var run = ClientRun.Start([ServedAgent.ClientProgram, "true"], "A=B", null);
        Assert.Equal("pisahpc-run: no agent is named: --socket PATH or PISAHPC_SOCKET\n", (await run.EndAsync([])).EndedWith(78).Error);
    }

    [Fact]
    public async Task The_agents_own_name_runs_programs_too()
    {
        await using var agent = await ServedAgent.StartAsync();
        using var run = ClientRun.Start([ServedAgent.Program, "run", "echo", "in"], "PISAHPC_SOCKET=" + agent.Socket, null);
        Assert.Equal("in\n", (await run.EndAsync([])).EndedWith(0).Output);
    }

    private static string RawProbe(string socket) =>
        "use Socket; socket($s, AF_UNIX, SOCK_SEQPACKET, 0); connect($s, pack_sockaddr_un(\"" + socket + "\")) or die $!; "
        + "recv($s, $m, 64, 0); @f = unpack(\"L4\", $m); print \"$f[1] $f[2]\"";
}
