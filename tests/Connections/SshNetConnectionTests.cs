using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using PisaHpc.Adapters.Ssh;
using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.Connections;

/// <summary>The ssh that runs in this process.</summary>
public class SshNetConnectionTests(ThrowAwaySshd sshd) : ConnectionTests(sshd), IClassFixture<ThrowAwaySshd>
{
    protected override SshClientKind Client => SshClientKind.Builtin;

    [Fact]
    public async Task A_connection_that_is_killed_in_mid_air_is_told_and_the_next_one_works()
    {
        await using var pool = Pool(Access);
        var node = await pool.ConnectAsync(Node, CancellationToken.None);
        var waiting = node.RunAsync(["sleep", "100"], default, CancellationToken.None);
        var killer = node.RunAsync(["sh", "-c", "kill -KILL $PPID"], default, CancellationToken.None);
        Assert.Equal(ErrorId.NodeUnreachable, (await Assert.ThrowsAsync<HpcException>(() => waiting)).Id);
        Assert.Equal(ErrorId.NodeUnreachable, (await Assert.ThrowsAsync<HpcException>(() => killer)).Id);
        Assert.Equal("again\n", (await node.RunAsync(["echo", "again"], default, CancellationToken.None)).Text);
    }

    [Fact]
    public async Task A_started_command_on_a_connection_that_is_killed_ends_with_its_streams()
    {
        await using var pool = Pool(Access);
        var node = await pool.ConnectAsync(Node, CancellationToken.None);
        await using var process = await node.StartAsync(["cat"], CancellationToken.None);
        var reading = process.Output.ReadAsync(new byte[1]).AsTask();
        await Assert.ThrowsAsync<HpcException>(() => node.RunAsync(["sh", "-c", "kill -KILL $PPID"], default, CancellationToken.None));
        Assert.Equal(0, await reading.WaitAsync(TimeSpan.FromSeconds(5)));
        var failure = await Assert.ThrowsAsync<HpcException>(() => process.WaitAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(5)));
        Assert.Equal(ErrorId.NodeUnreachable, failure.Id);
    }

    [Fact]
    public async Task Commands_cancelled_while_they_are_being_started_do_not_run_on()
    {
        await using var pool = Pool(Access);
        var node = await pool.ConnectAsync(Node, CancellationToken.None);
        var sleeps = Enumerable.Range(0, 30).Select(_ => RemoteProcesses.UniqueSleep()).ToList();
        await Task.WhenAll(sleeps.Select(async (sleep, i) =>
        {
            using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(i * 3));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => i % 2 == 0
                ? node.RunAsync(["sleep", sleep], default, stop.Token)
                : HoldAsync(node, sleep, stop.Token));
        }));
        foreach (var sleep in sleeps)
        {
            await RemoteProcesses.GoneAsync(sleep);
        }
    }

    [Fact]
    public async Task A_link_that_goes_silent_is_given_up_and_the_next_command_takes_a_new_one()
    {
        await using var link = new FragileLink(Sshd.Port);
        var access = Access with
        {
            Port = link.Port,
            KnownHosts = [Sshd.KnownHosts("fragile", "*", "host_ed25519")],
            ConnectTimeout = TimeSpan.FromSeconds(2),
        };
        await using var pool = Pool(access);
        var node = await pool.ConnectAsync(Node, CancellationToken.None);
        link.Freeze();
        var clock = Stopwatch.StartNew();
        var failure = await Assert.ThrowsAsync<HpcException>(() => node.RunAsync(["true"], default, CancellationToken.None));
        Assert.Equal(ErrorId.NodeUnreachable, failure.Id);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(6), $"took {clock.Elapsed}");
        link.Thaw();
        Assert.Equal(0, (await node.RunAsync(["true"], default, CancellationToken.None)).ExitCode);
    }

    [Fact]
    public async Task A_running_command_on_a_link_that_goes_silent_fails_within_a_few_probes()
    {
        await using var link = new FragileLink(Sshd.Port);
        var access = Access with { Port = link.Port, KnownHosts = [Sshd.KnownHosts("fragile2", "*", "host_ed25519")], ConnectTimeout = TimeSpan.FromSeconds(2) };
        await using var pool = new NodePool(
            async (name, stopping) => await SshNetTransport.ConnectAsync(name, access, stopping, probeEvery: TimeSpan.FromSeconds(1)), access.IdleTimeout);
        var node = await pool.ConnectAsync(Node, CancellationToken.None);
        var running = node.RunAsync(["sleep", "30"], default, CancellationToken.None);
        await node.RunAsync(["true"], default, CancellationToken.None);
        link.Freeze();
        var failure = await Assert.ThrowsAsync<HpcException>(() => running.WaitAsync(TimeSpan.FromSeconds(15)));
        Assert.Equal(ErrorId.NodeUnreachable, failure.Id);
    }

    [Fact]
    public async Task Probing_does_a_running_command_no_harm()
    {
        var connections = 0;
        await using var pool = new NodePool(
            async (name, stopping) =>
            {
                Interlocked.Increment(ref connections);
                return await SshNetTransport.ConnectAsync(name, Access, stopping, probeEvery: TimeSpan.FromMilliseconds(20));
            },
            Access.IdleTimeout);
        var node = await pool.ConnectAsync(Node, CancellationToken.None);
        Assert.Equal(0, (await node.RunAsync(["sleep", "2"], default, CancellationToken.None)).ExitCode);
        Assert.Equal(1, connections);
    }

    [Fact]
    public async Task A_server_with_several_keys_shows_the_one_that_is_known()
    {
        // The server prefers ECDSA; known_hosts knows Ed25519 only, and the other way round.
        foreach (var key in (string[])["host_ed25519", "host_ecdsa"])
        {
            await using var pool = Pool(Access with { KnownHosts = [Sshd.KnownHosts("one", Sshd.KnownName, key)] });
            var node = await pool.ConnectAsync(Node, CancellationToken.None);
            Assert.Equal(0, (await node.RunAsync(["true"], default, CancellationToken.None)).ExitCode);
        }
    }

    [Fact]
    public async Task An_encrypted_key_is_named_as_such()
    {
        var failure = await FailureAsync(Access with { Keys = [Sshd.PathOf("encrypted")] });
        Assert.Equal(ErrorId.NodeAuthenticationFailed, failure.Id);
        Assert.Contains($"{Sshd.PathOf("encrypted")} is encrypted", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_that_cannot_be_used_are_named_with_the_reason()
    {
        var failure = await FailureAsync(Access with { Keys = ["/nonesuch/id_ed25519", Sshd.PathOf("user.pub"), Sshd.PathOf("stranger")] });
        Assert.Equal(ErrorId.NodeAuthenticationFailed, failure.Id);
        Assert.Contains("/nonesuch/id_ed25519 cannot be read", failure.Message, StringComparison.Ordinal);
        Assert.Contains("user.pub is not a private key", failure.Message, StringComparison.Ordinal);
        Assert.Contains($"keys tried: {Sshd.PathOf("stranger")}", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_never_answers_is_given_up_at_the_connect_timeout()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var clock = Stopwatch.StartNew();
        var failure = await FailureAsync(Access with { Port = ((IPEndPoint)silent.LocalEndpoint).Port, ConnectTimeout = TimeSpan.FromSeconds(1) });
        Assert.Equal(ErrorId.NodeUnreachable, failure.Id);
        Assert.Contains("no answer within 1 s", failure.Message, StringComparison.Ordinal);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), $"took {clock.Elapsed}");
    }

    [Fact]
    public async Task Connecting_is_cancelled_at_once()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using var pool = Pool(Access with { Port = ((IPEndPoint)silent.LocalEndpoint).Port });
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        var clock = Stopwatch.StartNew();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pool.ConnectAsync(Node, stop.Token));
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(8), $"took {clock.Elapsed}");
    }

    [Fact]
    public async Task A_server_that_allows_two_sessions_still_serves_ten_commands_at_a_time()
    {
        var narrow = await ThrowAwaySshd.StartAsync("MaxSessions 2");
        try
        {
            await using var pool = Pool(narrow.Access);
            var node = await pool.ConnectAsync(Node, CancellationToken.None);
            var results = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => node.RunAsync(["sleep", "0.3"], default, CancellationToken.None)));
            Assert.All(results, result => Assert.Equal(0, result.ExitCode));
        }
        finally
        {
            await narrow.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_certificate_beside_the_key_is_offered()
    {
        var trusting = await ThrowAwaySshd.StartAsync("TrustedUserCAKeys {directory}/stranger.pub\nAuthorizedKeysFile none");
        try
        {
            Assert.Equal(ErrorId.NodeAuthenticationFailed, (await FailureAsync(trusting.Access)).Id);
            await trusting.CertifyAsync("user", by: "stranger");
            await using var pool = Pool(trusting.Access);
            var node = await pool.ConnectAsync(Node, CancellationToken.None);
            Assert.Equal(0, (await node.RunAsync(["true"], default, CancellationToken.None)).ExitCode);
        }
        finally
        {
            await trusting.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("ssh-keygen", "-q -t rsa -b 2048 -m PKCS8 -N")]
    [InlineData("ssh-keygen", "-q -t ecdsa -b 521 -m PEM -N")]
    [InlineData("openssl", "genpkey -quiet -algorithm rsa -out")]
    [InlineData("openssl", "genpkey -quiet -algorithm ed25519 -out")]
    [InlineData("openssl", "genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -pkeyopt ec_param_enc:explicit -out")]
    public async Task A_key_of_any_format_logs_in_after_one_that_is_encrypted(string program, string arguments)
    {
        var key = await Sshd.AuthorizeAsync(program, arguments.Split(' '));
        await using var pool = Pool(Access with { Keys = [Sshd.PathOf("encrypted"), key] });
        var node = await pool.ConnectAsync(Node, CancellationToken.None);
        Assert.Equal(0, (await node.RunAsync(["true"], default, CancellationToken.None)).ExitCode);
    }

    [Fact]
    public async Task A_key_logs_in_beside_a_certificate_of_an_authority_that_the_node_does_not_know()
    {
        var other = await ThrowAwaySshd.StartAsync("");
        try
        {
            await other.CertifyAsync("user", by: "stranger");
            await using var pool = Pool(other.Access);
            var node = await pool.ConnectAsync(Node, CancellationToken.None);
            Assert.Equal(0, (await node.RunAsync(["true"], default, CancellationToken.None)).ExitCode);
        }
        finally
        {
            await other.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_key_logs_in_beside_an_empty_certificate_and_a_failure_names_it()
    {
        await File.WriteAllTextAsync(Sshd.PathOf("stranger-cert.pub"), "");
        var failure = await FailureAsync(Access with { Keys = [Sshd.PathOf("stranger")] });
        Assert.Contains($"{Sshd.PathOf("stranger-cert.pub")} is passed over: it is not a certificate", failure.Message, StringComparison.Ordinal);
        await using var pool = Pool(Access with { Keys = [Sshd.PathOf("stranger"), Sshd.PathOf("user")] });
        var node = await pool.ConnectAsync(Node, CancellationToken.None);
        Assert.Equal(0, (await node.RunAsync(["true"], default, CancellationToken.None)).ExitCode);
    }

    private static async Task HoldAsync(INodeConnection node, string sleep, CancellationToken cancellationToken)
    {
        await using var process = await node.StartAsync(["sleep", sleep], cancellationToken);
        await process.WaitAsync(cancellationToken);
    }
}
