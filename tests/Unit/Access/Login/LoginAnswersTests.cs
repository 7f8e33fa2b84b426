using System.Net;
using System.Net.Sockets;
using PisaHpc.Access;
using PisaHpc.Access.Login;
using PisaHpc.Environments;
using PisaHpc.Unit.Access.Ssh;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Access.Login;

/// <summary>
/// The questions to sshds, whether one answers and whether they greet, by their scripts, a real ssh and a real bash; this process stands
/// for the container's first one.
/// </summary>
public sealed class LoginAnswersTests : IDisposable
{
    private static readonly int Here = Environment.ProcessId;

    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public LoginAnswersTests() => _listener.Start();

    private int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task What_takes_a_connection_and_says_nothing_is_not_waited_for_beyond_the_deadline() => Assert.Contains(
        $"what listens on port {Port} did not answer ssh within 1 s",
        await new LoginAccess("/nonexistent", Port).TryAsync(
            new ContainerEntry(new LocalShell("here"), new FakeCluster().EngineOf("here"), "c"), TimeSpan.FromSeconds(1), default),
        StringComparison.Ordinal);

    [Fact]
    public async Task Nor_is_its_greeting()
    {
        var said = await GreetAsync(new AskedLogin(Port, Here));
        Assert.Equal($"what listens on port {Port} did not greet as an sshd does within 1 s", said[Here]);
    }

    [Fact]
    public async Task An_sshd_s_version_is_a_greeting_and_other_lines_may_come_before()
    {
        var asked = GreetAsync(new AskedLogin(Port, Here));
        using var caller = await _listener.AcceptTcpClientAsync().WaitAsync(Long);
        await caller.GetStream().WriteAsync("welcome\r\nSSH-2.0-OpenSSH_7.4\r\n"u8.ToArray());
        Assert.Null(Assert.Contains(Here, await asked));
    }

    [Fact]
    public async Task Where_nothing_listens_the_refusal_is_told()
    {
        var port = Port;
        _listener.Stop();
        Assert.Equal($"port {port}: Connection refused", (await GreetAsync(new AskedLogin(port, Here)))[Here]);
    }

    [Fact]
    public async Task Of_a_container_into_which_the_node_cannot_look_nothing_is_told()
    {
        Assert.Empty(await GreetAsync(new AskedLogin(Port, int.MaxValue)));
        Assert.Empty(await GreetAsync());
    }

    /// <summary>Each has its own verdict, at its own time, whatever the others do.</summary>
    [Fact]
    public async Task One_that_says_nothing_holds_none_of_the_others_up()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        using var there = LocalShell.Start(["cat"]); // it ends with its input
        var ready = new AskedLogin(((IPEndPoint)other.LocalEndpoint).Port, there.Id);
        var asked = GreetAsync([new AskedLogin(Port, int.MaxValue), .. Enumerable.Repeat(new AskedLogin(Port, Here), 5), ready]);
        using var caller = await other.AcceptTcpClientAsync().WaitAsync(Long);
        await caller.GetStream().WriteAsync("SSH-2.0-OpenSSH_9.2\r\n"u8.ToArray());
        var said = await asked;
        Assert.Equal($"what listens on port {Port} did not greet as an sshd does within 1 s", said[Here]);
        Assert.Null(Assert.Contains(there.Id, said));
        Assert.DoesNotContain(int.MaxValue, said);
    }

    /// <summary>In the one command that has the node's facts too.</summary>
    private static async Task<IReadOnlyDictionary<int, string?>> GreetAsync(params AskedLogin[] logins)
    {
        var (facts, greetings, now) = await StaticProbe.ReadAsync(
            new LocalShell("here"), ["/", "/nonexistent/path"], logins, TimeSpan.FromSeconds(1), default);
        Assert.Equal(["/nonexistent/path"], facts.MissingPaths);
        Assert.NotNull(now);
        Assert.Empty(facts.ListeningPorts);
        return greetings;
    }
}
