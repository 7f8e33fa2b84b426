using System.Diagnostics;
using PisaHpc.Sites;

namespace PisaHpc.Connections;

/// <summary>What every ssh does, whoever speaks it.</summary>
public abstract class ConnectionTests(ThrowAwaySshd sshd) : CommandTests
{
    protected ThrowAwaySshd Sshd => sshd;

    protected abstract SshClientKind Client { get; }

    protected override NodeAccess Access => sshd.Access with { Client = Client };

    [Fact]
    public async Task An_unused_connection_closes_and_the_next_command_opens_another()
    {
        await using var pool = Pool(Access with { IdleTimeout = TimeSpan.FromMilliseconds(200) });
        var node = await pool.ConnectAsync(Node, CancellationToken.None);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (pool.OpenConnections(Node) > 0)
        {
            await Task.Delay(20, limit.Token);
        }

        Assert.Equal(0, (await node.RunAsync(["true"], default, CancellationToken.None)).ExitCode);
    }

    [Fact]
    public async Task An_unknown_host_key_is_refused_with_its_fingerprint()
    {
        await File.WriteAllTextAsync(Sshd.PathOf("empty"), "");
        var failure = await FailureAsync(Access with { KnownHosts = [Sshd.PathOf("empty")] });
        Assert.Equal(ErrorId.HostKeyUnknown, failure.Id);
        Assert.Equal(Node, failure.Target);
        Assert.Contains("SHA256:", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_changed_host_key_is_refused_with_both_fingerprints_and_the_line()
    {
        var file = Sshd.KnownHosts("changed", Sshd.KnownName, "stranger");
        var failure = await FailureAsync(Access with { KnownHosts = [file] });
        Assert.Equal(ErrorId.HostKeyChanged, failure.Id);
        Assert.Contains($"{file}:1", failure.Message, StringComparison.Ordinal);
        Assert.Contains(await Sshd.FingerprintAsync("host_ed25519"), failure.Message, StringComparison.Ordinal);
        Assert.Contains(await Sshd.FingerprintAsync("stranger"), failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_revoked_host_key_is_refused()
    {
        var file = Sshd.KnownHosts("revoked", Sshd.KnownName, "host_ed25519");
        var line = await File.ReadAllTextAsync(file);
        await File.AppendAllTextAsync(file, $"@revoked {line}");
        var failure = await FailureAsync(Access with { KnownHosts = [file] });
        Assert.Equal(ErrorId.HostKeyChanged, failure.Id);
        Assert.Contains("revoked", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hashed_known_host_is_known()
    {
        var file = Sshd.KnownHosts("hashed", Sshd.KnownName, "host_ed25519");
        await ThrowAwaySshd.HashAsync(file);
        Assert.StartsWith("|1|", await File.ReadAllTextAsync(file), StringComparison.Ordinal);
        await using var pool = Pool(Access with { KnownHosts = [file] });
        var node = await pool.ConnectAsync(Node, CancellationToken.None);
        Assert.Equal(0, (await node.RunAsync(["true"], default, CancellationToken.None)).ExitCode);
    }

    [Fact]
    public async Task A_key_that_the_node_does_not_accept_is_an_authentication_failure()
    {
        var failure = await FailureAsync(Access with { Keys = [Sshd.PathOf("stranger")], Config = "/dev/null" });
        Assert.Equal(ErrorId.NodeAuthenticationFailed, failure.Id);
        Assert.Contains(Node, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_accepts_the_key_and_wants_a_second_factor_is_told_as_such()
    {
        var failure = await FailureOfSettingsAsync("AuthenticationMethods publickey,password\nPasswordAuthentication yes");
        Assert.Equal(ErrorId.NodeAuthenticationFailed, failure.Id);
        Assert.Contains("accepted the key and wants a second factor, password,", failure.Message, StringComparison.Ordinal);
        Assert.Contains("AuthenticationMethods publickey", failure.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_takes_no_keys_is_not_said_to_have_accepted_one()
    {
        var failure = await FailureOfSettingsAsync("PubkeyAuthentication no\nPasswordAuthentication yes");
        Assert.Equal(ErrorId.NodeAuthenticationFailed, failure.Id);
        Assert.Contains("refused the login", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_nothing_listens_on_is_told_at_once()
    {
        var clock = Stopwatch.StartNew();
        var failure = await FailureAsync(Access with { Port = ThrowAwaySshd.FreePort() });
        Assert.Equal(ErrorId.NodeUnreachable, failure.Id);
        Assert.Contains("refused", failure.Message, StringComparison.Ordinal);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(8), $"took {clock.Elapsed}");
    }

    [Fact]
    public async Task A_name_that_does_not_resolve_is_told_at_once()
    {
        await using var pool = Pool(Access);
        var clock = Stopwatch.StartNew();
        var failure = await Assert.ThrowsAsync<HpcException>(() => pool.ConnectAsync("nonesuch.invalid", CancellationToken.None));
        Assert.Equal(ErrorId.NodeUnreachable, failure.Id);
        Assert.Contains("name", failure.Message, StringComparison.Ordinal);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"took {clock.Elapsed}");
    }

    private async Task<HpcException> FailureOfSettingsAsync(string settings)
    {
        var strict = await ThrowAwaySshd.StartAsync(settings);
        try
        {
            return await FailureAsync(strict.Access with { Client = Client, Config = "/dev/null" });
        }
        finally
        {
            await strict.DisposeAsync();
        }
    }

    protected static async Task<HpcException> FailureAsync(NodeAccess access)
    {
        await using var pool = Pool(access);
        return await Assert.ThrowsAsync<HpcException>(() => pool.ConnectAsync(Node, CancellationToken.None));
    }
}
