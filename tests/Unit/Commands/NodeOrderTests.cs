using System.Net;
using System.Net.Sockets;
using PisaHpc.Adapters.Ssh;
using PisaHpc.Module.Commands;
using PisaHpc.Preflight;

namespace PisaHpc.Unit.Commands;

/// <summary>Of two nodes the first takes a connection and says nothing, the second refuses it at once.</summary>
public sealed class NodeOrderTests : IDisposable
{
    private const string Silent = "127.0.0.2";
    private const string Refusing = "127.0.0.3";

    private readonly TcpListener _silent = new(IPAddress.Parse(Silent), 0);
    private readonly string _site = Path.GetTempFileName();
    private readonly string _key = Path.GetTempFileName();

    public NodeOrderTests()
    {
        _silent.Start();
        File.WriteAllText(_key, new Ed25519KeyGenerator().Make().User.PrivateKey);
        var port = ((IPEndPoint)_silent.LocalEndpoint).Port;
        File.WriteAllText(_site, $"nodes: {{ names: '{Silent},{Refusing}', ssh: {{ port: {port}, keys: [ {_key} ] }} }}\n");
    }

    public void Dispose()
    {
        _silent.Dispose();
        File.Delete(_site);
        File.Delete(_key);
    }

    [Fact]
    public void Nodes_come_in_the_order_in_which_they_were_asked_for() => Assert.Equal([Silent, Refusing], NodesOf(""));

    [Fact]
    public void Unordered_they_come_as_they_answer() => Assert.Equal([Refusing, Silent], NodesOf("-Unordered"));

    private IEnumerable<string> NodesOf(string how) => CmdletRun
        .Of($"Get-HpcNode {Silent},{Refusing} -TimeoutSec 2 {how} -Site {_site}", ("Get-HpcNode", typeof(GetHpcNodeCommand)))
        .Output.Select(row => row.BaseObject).OfType<HpcNode>().Select(node => node.Node);
}
