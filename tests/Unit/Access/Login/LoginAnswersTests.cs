using System.Net;
using System.Net.Sockets;
using PisaHpc.Access;
using PisaHpc.Access.Login;
using PisaHpc.Unit.Access.Ssh;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Access.Login;

/// <summary>The question whether an sshd answers, by its script and a real ssh.</summary>
public sealed class LoginAnswersTests : IDisposable
{
    private readonly TcpListener _deaf = new(IPAddress.Loopback, 0);

    public LoginAnswersTests() => _deaf.Start();

    public void Dispose() => _deaf.Dispose();

    [Fact]
    public async Task What_takes_a_connection_and_says_nothing_is_not_waited_for_beyond_the_deadline()
    {
        var port = ((IPEndPoint)_deaf.LocalEndpoint).Port;
        var entry = new ContainerEntry(new LocalShell("here"), new FakeCluster().EngineOf("here"), "c");
        var said = await new LoginAccess("/nonexistent", port).TryAsync(entry, TimeSpan.FromSeconds(1), CancellationToken.None);
        Assert.Contains($"what listens on port {port} did not answer ssh within 1 s", said, StringComparison.Ordinal);
    }
}
