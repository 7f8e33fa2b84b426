using System.Net.Sockets;
using PisaHpc.Sites;

namespace PisaHpc.Connections;

/// <summary>The ssh of the OpenSSH client.</summary>
public class OpenSshConnectionTests(ThrowAwaySshd sshd) : ConnectionTests(sshd), IClassFixture<ThrowAwaySshd>
{
    protected override SshClientKind Client => SshClientKind.OpenSsh;

    [Fact]
    public async Task An_alias_in_ssh_config_is_followed()
    {
        var config = Sshd.PathOf("config");
        await File.WriteAllTextAsync(config, $"""
            Host node-behind-an-alias
                HostName {Node}
                Port {Sshd.Port}
                IdentityFile {Sshd.PathOf("user")}
                UserKnownHostsFile {Access.KnownHosts[0]}
            """);
        await using var pool = Pool(new NodeAccess { Client = SshClientKind.OpenSsh, Config = config });
        var node = await pool.ConnectAsync("node-behind-an-alias", CancellationToken.None);
        Assert.Equal("there\n", (await node.RunAsync(["echo", "there"], default, CancellationToken.None)).Text);
    }

    [Fact]
    public async Task A_jump_through_another_host_is_made()
    {
        var config = Sshd.PathOf("jump-config");
        await File.WriteAllTextAsync(config, $"""
            Host *
                User {Environment.UserName}
                Port {Sshd.Port}
                IdentityFile {Sshd.PathOf("user")}
                UserKnownHostsFile {Sshd.KnownHosts("jump", "*", "host_ed25519")}
            Host far
                HostName {Node}
                ProxyJump {Node}
            """);
        await using var pool = Pool(new NodeAccess { Client = SshClientKind.OpenSsh, Config = config });
        var node = await pool.ConnectAsync("far", CancellationToken.None);
        Assert.Equal("there\n", (await node.RunAsync(["echo", "there"], default, CancellationToken.None)).Text);
    }

    [Fact]
    public async Task A_login_that_hangs_after_the_exchange_of_keys_has_an_end()
    {
        var agent = Sshd.PathOf("silent-agent");
        using var silent = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        silent.Bind(new UnixDomainSocketEndPoint(agent));
        silent.Listen();
        var config = Sshd.PathOf("silent-config");
        await File.WriteAllTextAsync(config, $"Host *\n    IdentityAgent {agent}\n");
        await using var pool = Pool(Access with { Config = config, ConnectTimeout = TimeSpan.FromSeconds(1) });
        var failure = await Assert.ThrowsAsync<HpcException>(() => pool.ConnectAsync(Node, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal(ErrorId.NodeUnreachable, failure.Id);
        Assert.Contains("no answer within 1 s", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_master_that_is_gone_is_replaced()
    {
        await using var pool = Pool(Access);
        var node = await pool.ConnectAsync(Node, CancellationToken.None);
        await Assert.ThrowsAsync<HpcException>(() => node.RunAsync(["sh", "-c", "kill -KILL $(cut -d\" \" -f4 /proc/$PPID/stat)"], default, CancellationToken.None));
        Assert.Equal("again\n", (await node.RunAsync(["echo", "again"], default, CancellationToken.None)).Text);
    }
}
