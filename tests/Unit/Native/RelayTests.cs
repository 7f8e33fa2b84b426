using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text;

namespace PisaHpc.Unit.Native;

/// <summary>The client as ssh's ProxyCommand.</summary>
[SupportedOSPlatform("linux")]
public sealed class RelayTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task It_waits_until_somebody_listens_and_copies_both_ways()
    {
        var port = FreePort();
        using var relay = Start("--wait", "30", "--relay", port, "127.0.0.1");
        using var listener = new TcpListener(IPAddress.Loopback, int.Parse(port, CultureInfo.InvariantCulture));
        listener.Start();
        using var other = await listener.AcceptTcpClientAsync().WaitAsync(Limit);
        await relay.StandardInput.WriteAsync("to it\n");
        await relay.StandardInput.FlushAsync();
        Assert.Equal("to it\n", await ReadAsync(other.GetStream(), 6));
        await other.GetStream().WriteAsync("and back\n"u8.ToArray());
        other.Close();
        Assert.Equal("and back\n", await relay.StandardOutput.ReadToEndAsync().WaitAsync(Limit));
        await relay.WaitForExitAsync().WaitAsync(Limit);
        Assert.Equal(0, relay.ExitCode);
    }

    [Fact]
    public async Task Of_several_addresses_the_first_counts_that_takes_the_connection()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var relay = Start("--relay", PortOf(listener), "::1", "127.0.0.1");
        using var other = await listener.AcceptTcpClientAsync().WaitAsync(Limit);
        await EndedAsync(relay, 0);
    }

    [Fact]
    public async Task Where_nobody_listens_it_says_so()
    {
        var port = FreePort();
        using var relay = Start("--relay", port, "127.0.0.1");
        await relay.WaitForExitAsync().WaitAsync(Limit);
        Assert.Equal(75, relay.ExitCode);
        Assert.Equal($"pisahpc-run: 127.0.0.1 port {port}: Connection refused\n", await relay.StandardError.ReadToEndAsync());
    }

    /// <summary>ssh was killed.</summary>
    [Fact]
    public async Task It_ends_with_whoever_started_it_though_nobody_listens()
    {
        using var relay = Start("--wait", "600", "--relay", FreePort(), "127.0.0.1");
        await EndedAsync(relay, 75);
    }

    [Theory]
    [InlineData("--relay", "22")]
    [InlineData("--relay", "0", "127.0.0.1")]
    [InlineData("--probe", "--relay", "22", "127.0.0.1")]
    [InlineData("--relay-to")]
    [InlineData("--relay-to", "/run/socket", "more")]
    public async Task It_takes_a_port_and_addresses_or_a_socket_alone(params string[] arguments)
    {
        using var relay = Start(arguments);
        await EndedAsync(relay, 64);
    }

    /// <summary>As an engine's client: the end of what it says has an answer.</summary>
    [Fact]
    public async Task To_a_socket_it_copies_both_ways_and_tells_the_end_of_its_input()
    {
        var (relay, other) = await ToSocketAsync();
        using var ended = relay;
        await using var stream = new NetworkStream(other, ownsSocket: true);
        await relay.StandardInput.WriteAsync("to it\n");
        relay.StandardInput.Close();
        Assert.Equal("to it\n", await new StreamReader(stream).ReadToEndAsync().WaitAsync(Limit));
        await stream.WriteAsync("and back\n"u8.ToArray());
        other.Shutdown(SocketShutdown.Both);
        Assert.Equal("and back\n", await relay.StandardOutput.ReadToEndAsync().WaitAsync(Limit));
        await relay.WaitForExitAsync().WaitAsync(Limit);
        Assert.Equal(0, relay.ExitCode);
    }

    /// <summary>A command in a container that says more than it is told, while its caller does not listen yet.</summary>
    [Fact]
    public async Task An_answer_that_nobody_reads_yet_holds_up_nothing_that_is_said_to_a_socket()
    {
        var (relay, other) = await ToSocketAsync();
        using var ended = relay;
        await using var stream = new NetworkStream(other, ownsSocket: true);
        var bytes = new byte[4 << 20];
        var answering = stream.WriteAsync(bytes).AsTask();
        await relay.StandardInput.WriteAsync("to it\n");
        await relay.StandardInput.FlushAsync();
        Assert.Equal("to it\n", await ReadAsync(stream, 6));
        Assert.False(answering.IsCompleted);
        await relay.StandardOutput.BaseStream.ReadExactlyAsync(bytes).AsTask().WaitAsync(Limit);
        await answering.WaitAsync(Limit);
        await EndedAsync(relay, 0, () => other.Shutdown(SocketShutdown.Both));
    }

    [Fact]
    public async Task Of_a_socket_that_is_not_there_it_says_so()
    {
        using var relay = Start("--relay-to", "/nowhere/socket");
        await EndedAsync(relay, 75);
        Assert.Equal("pisahpc-run: /nowhere/socket: No such file or directory\n", await relay.StandardError.ReadToEndAsync());
    }

    /// <summary>A relay to a socket, and the socket's other end.</summary>
    private static async Task<(Process Relay, Socket Other)> ToSocketAsync()
    {
        var path = Path.Combine(Path.GetTempPath(), $"pisahpc-relay-{Guid.NewGuid():N}");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        var relay = Start("--relay-to", path);
        var other = await listener.AcceptAsync().WaitAsync(Limit);
        File.Delete(path);
        return (relay, other);
    }

    private static Process Start(params string[] arguments) => Process.Start(new ProcessStartInfo(ServedAgent.ClientProgram, arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;

    private static async Task EndedAsync(Process relay, int code, Action? then = null)
    {
        relay.StandardInput.Close();
        then?.Invoke();
        await relay.WaitForExitAsync().WaitAsync(Limit);
        Assert.Equal(code, relay.ExitCode);
    }

    private static string FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return PortOf(probe);
    }

    private static string PortOf(TcpListener listener) =>
        ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);

    private static async Task<string> ReadAsync(NetworkStream stream, int count)
    {
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes).AsTask().WaitAsync(Limit);
        return Encoding.UTF8.GetString(bytes);
    }
}
