using System.Net;
using PisaHpc.Adapters.Engines.Docker;
using PisaHpc.Sites;

namespace PisaHpc.Connections;

/// <summary>This machine without ssh.</summary>
public class LocalConnectionTests : CommandTests
{
    protected override NodeAccess Access => new() { Client = SshClientKind.Local };

    [Fact]
    public async Task Its_own_names_are_this_machine()
    {
        await using var pool = Pool(Access);
        foreach (var name in (string[])["localhost", "::1", Dns.GetHostName(), Dns.GetHostName() + ".example.org"])
        {
            var node = await pool.ConnectAsync(name, CancellationToken.None);
            Assert.Equal(Dns.GetHostName() + "\n", (await node.RunAsync(["uname", "-n"], default, CancellationToken.None)).Text);
        }
    }

    [Theory]
    [InlineData("o2wn01")]
    [InlineData("127.0.0.2")]
    public async Task Another_name_is_no_node_of_it(string name)
    {
        await using var pool = Pool(Access);
        var failure = await Assert.ThrowsAsync<HpcException>(() => pool.ConnectAsync(name, CancellationToken.None));
        Assert.Equal((ErrorId.NodeUnreachable, name), (failure.Id, failure.Target));
        var engines = new DockerEngines(pool, Access, static () => null);
        Assert.Equal(ErrorId.NodeUnreachable, (await Assert.ThrowsAsync<HpcException>(() => engines.ConnectAsync(name, CancellationToken.None))).Id);
    }

    [Fact]
    public async Task The_engine_is_reached_through_its_socket()
    {
        var access = Access with { EngineSocket = Lab.SocketOf(Lab.Node) };
        await using var pool = Pool(access);
        await using var engines = new DockerEngines(pool, access, static () => null);
        var engine = await engines.ConnectAsync("localhost", CancellationToken.None);
        Assert.NotNull(await engine.Images.FindAsync(Lab.Image, CancellationToken.None));
    }

    [Fact]
    public async Task A_socket_that_is_not_there_is_told()
    {
        var access = Access with { EngineSocket = "/run/nonesuch.sock" };
        await using var pool = Pool(access);
        await using var engines = new DockerEngines(pool, access, static () => null);
        var failure = await Assert.ThrowsAsync<HpcException>(() => engines.ConnectAsync("localhost", CancellationToken.None));
        Assert.Equal(ErrorId.EngineUnavailable, failure.Id);
        Assert.Contains("/run/nonesuch.sock", failure.Message, StringComparison.Ordinal);
    }
}
