using System.Net;
using System.Net.Sockets;
using PisaHpc.Ports;
using PisaHpc.Posix;

namespace PisaHpc.Unit.Ports;

public sealed class ListeningPortsTests
{
    /// <summary>Both tables one after the other: sshd on 22 (v4), a connection to it, a listener on [::]:22042.</summary>
    private const string Tables = """
          sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
           0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 17337 1 0000000000000000 100 0 0 10 0
           1: 0100007F:9C40 0100007F:0016 01 00000000:00000000 02:00000A4D 00000000     0        0 17390 2 0000000000000000 20 4 30 10 -1
          sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid
           0: 00000000000000000000000000000000:561A 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  4001
        """;

    [Fact]
    public void Listeners_of_both_tables_are_found_and_connections_are_not() =>
        Assert.Equal([22, 22042], ListeningPorts.Parse(Tables).Order());

    [Theory]
    [InlineData("")]
    [InlineData("  sl  local_address rem_address   st\n")]
    [InlineData("cat: /proc/net/tcp6: No such file or directory")]
    public void Nothing_listens_in_no_table(string text) => Assert.Empty(ListeningPorts.Parse(text));

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public void A_listener_of_this_host_is_found(string address)
    {
        using var listener = new TcpListener(IPAddress.Parse(address), 0);
        listener.Start();

        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        Assert.Contains(port, ListeningPorts.Local());
        Assert.Contains(port, ListeningPorts.OfTables());
    }

    /// <summary>The kernel that tests run on tells; where one does not, the tables are read.</summary>
    [Fact]
    public void The_kernel_names_those_that_listen_and_no_connection()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        client.Connect((IPEndPoint)listener.LocalEndpoint);
        var (port, connection) = (((IPEndPoint)listener.LocalEndpoint).Port, ((IPEndPoint)client.Client.LocalEndPoint!).Port);

        var before = ListeningSockets.Ports();
        listener.Stop();
        var after = ListeningSockets.Ports();

        Assert.NotNull(before);
        Assert.NotNull(after);
        Assert.Contains(port, before);
        Assert.DoesNotContain(connection, before);
        Assert.DoesNotContain(port, after);
    }
}
