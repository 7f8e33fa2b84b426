using System.Management.Automation;
using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Devices;

[Collection(LabTests.Name)]
public sealed class GetIbDeviceTests : IDisposable
{
    private readonly LabFixture _lab;
    private readonly HostedRunspace _runspace = new();
    private readonly string _root = Directory.CreateTempSubdirectory("pisahpc-adapters-").FullName;

    public GetIbDeviceTests(LabFixture lab) => _lab = lab;

    public void Dispose()
    {
        _runspace.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task A_nodes_adapter_agrees_with_the_nodes_own_sysfs_and_dev()
    {
        foreach (var node in _lab.Nodes)
        {
            var device = Devices("param($Node) Get-IbDevice -Node $Node", new { Node = node.Name }).Single();
            var guid = await node.RunAsync("cat", "/sys/class/infiniband/mlx5_0/node_guid");
            Assert.Equal((node.Name, "mlx5_0", 1, "ACTIVE", 200.0), (device.Node, device.Name, device.Port, device.State, device.RateGbps));
            Assert.Equal(guid.Output.Trim(), device.Guid);
            Assert.Equal(4, device.Files.Count);
            foreach (var file in device.Files)
            {
                (await node.RunAsync("test", "-c", file)).EndedWith(0);
            }
        }
    }

    [Fact]
    public void An_allocation_names_the_nodes_to_ask_by_parameter_and_by_pipeline()
    {
        var nodes = _lab.Nodes.Select(node => node.Name).Take(2).ToArray();
        const string Make = "param($Node) $job = Get-HpcAllocation -Node $Node -Slot 32,24 -Owner root;";
        Assert.Equal(nodes, NodesOf(Make + "Get-IbDevice -Node $job.Nodes", nodes));
        Assert.Equal(nodes, NodesOf(Make + "$job | Get-IbDevice", nodes));
        Assert.Equal(nodes, NodesOf(Make + "$job.Nodes | Get-IbDevice", nodes));
        Assert.Equal(nodes, NodesOf(Make + "Get-IbDevice o2wn0? | Where-Object Node -in $Node", nodes));
    }

    [Fact]
    public void A_node_that_does_not_answer_is_one_error_and_the_others_answer()
    {
        var run = _runspace.Run("param($Node) Get-IbDevice -Node $Node, 'no-such-node'", new { Node = _lab.Nodes[0].Name });
        Assert.Equal(_lab.Nodes[0].Name, Device.Of(Assert.Single(run.Objects)).Node);
        Assert.Equal("no-such-node", run.Failed("NodeUnreachable").TargetObject);
    }

    [Fact]
    public void A_tree_of_this_machine_is_read_without_any_node()
    {
        Adapter("mlx5_0", 1, 2);
        Adapter("mlx5_1", 1);
        var devices = Devices("param($Root) Get-IbDevice -Root $Root", new { Root = _root });
        Assert.Equal([("mlx5_0", 1), ("mlx5_0", 2), ("mlx5_1", 1)], devices.Select(device => (device.Name, device.Port)));
        Assert.All(devices, device => Assert.Equal(Environment.MachineName, device.Node));
        Assert.Equal(
            ["mlx5_1"], Devices("param($Root) Get-IbDevice -Root $Root -Name *_1", new { Root = _root }).Select(device => device.Name));
    }

    [Fact]
    public void No_adapter_is_an_empty_answer_and_a_missing_one_an_error()
    {
        Assert.Empty(Devices("param($Root) Get-IbDevice -Root $Root", new { Root = _root }));
        Assert.Empty(Devices("param($Root) Get-IbDevice -Root $Root -Name mlx5_*", new { Root = _root }));
        Assert.Empty(Devices("@() | Get-IbDevice"));
        var failure = _runspace.Run("param($Root) Get-IbDevice -Root $Root -Name mlx5_7", new { Root = _root }).Failed("DeviceMissing");
        Assert.Contains("mlx5_7", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_root_that_does_not_exist_is_an_error_that_names_it()
    {
        var failure = _runspace.Run("Get-IbDevice -Root /no/such/root").Failed("InvalidValue");
        Assert.Contains("/no/such/root", failure.ToString(), StringComparison.Ordinal);
    }

    private List<string> NodesOf(string script, string[] nodes) =>
        [.. Devices(script, new { Node = nodes }).Select(device => device.Node).Order(StringComparer.Ordinal)];

    private List<Device> Devices(string script, object? parameters = null) =>
        [.. _runspace.Run(script, parameters).Succeeded().Objects.Select(Device.Of)];

    private void Adapter(string name, params int[] ports)
    {
        foreach (var port in ports)
        {
            var directory = Path.Combine(_root, "sys/class/infiniband", name, "ports", $"{port}");
            Directory.CreateDirectory(directory);
            File.WriteAllText(Path.Combine(directory, "state"), "4: ACTIVE\n");
            File.WriteAllText(Path.Combine(directory, "link_layer"), "InfiniBand\n");
        }
    }

    private sealed record Device(
        string Node, string Name, int Port, string State, double RateGbps, string? Guid, IReadOnlyList<string> Files)
    {
        public static Device Of(PSObject item)
        {
            T Value<T>(string property) => (T)item.Properties[property].Value;
            string?[] files = [Value<string?>("Uverbs"), Value<string?>("Issm"), Value<string?>("Umad"), Value<string?>("RdmaCm")];
            return new Device(
                Value<string>("Node"),
                Value<string>("Name"),
                Value<int>("Port"),
                Value<string>("State"),
                Value<double>("RateGbps"),
                Value<string?>("Guid"),
                [.. files.OfType<string>()]);
        }
    }
}
