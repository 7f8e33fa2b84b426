using System.Management.Automation;
using PisaHpc.Adapters;
using PisaHpc.Devices;
using PisaHpc.Module.Base;
using PisaHpc.Module.Completion;
using PisaHpc.Nodes;
using PisaHpc.Tracing;

namespace PisaHpc.Module.Commands;

/// <summary>
/// Gets the InfiniBand and RoCE adapters of this machine or of nodes: one object for each port, with the device files that reach it.
/// </summary>
[Cmdlet(VerbsCommon.Get, "IbDevice")]
[OutputType(typeof(IbDevice))]
public sealed class GetIbDeviceCommand : NodeCmdlet
{
    private readonly List<string> _nodes = [];

    /// <summary>
    /// The nodes to ask: names, a host list such as 'o2wn[01-16]', patterns that match the site's nodes, or objects that carry a node
    /// (an allocation). Without it, this machine.
    /// </summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Nodes")]
    [SupportsWildcards]
    [NodeNames]
    [ArgumentCompleter(typeof(NodeCompleter))]
    public string[]? Node { get; set; }

    /// <summary>
    /// The adapters wanted, by name or pattern (mlx5_*). A name that a node does not have is an error, and a pattern is not.
    /// </summary>
    [Parameter(Position = 1)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(IbDeviceCompleter))]
    public string[] Name { get; set; } = ["*"];

    /// <summary>The directory on each node that holds its sys and dev, for trees made for a test; else the node's own.</summary>
    [Parameter]
    [ValidatePattern("^/", ErrorMessage = "-Root is an absolute path on the nodes, such as /tmp/tree.")]
    public string Root { get; set; } = "/";

    /// <summary>Writes the results of each node as soon as they are there, and not in the order of the nodes.</summary>
    [Parameter]
    public SwitchParameter Unordered { get; set; }

    /// <inheritdoc/>
    private protected override int UsualTimeoutSec => ShortWorkSec;

    /// <inheritdoc/>
    private protected override bool IsInOrder => !Unordered;

    private bool AsksThisMachine => !MyInvocation.ExpectingInput && !MyInvocation.BoundParameters.ContainsKey(nameof(Node));

    /// <summary>This machine's adapters are found without a site definition.</summary>
    protected override Task BeginAsync() => AsksThisMachine ? Task.CompletedTask : base.BeginAsync();

    /// <inheritdoc/>
    protected override Task ProcessAsync()
    {
        _nodes.AddRange(Node ?? []);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override Task EndAsync() => AsksThisMachine
        ? FanOut.RunAsync([Environment.MachineName], 1, NodeTimeout, AskThisMachineAsync, ReportNode, StopToken)
        : OnEachAsync("Looking for adapters", Phase.Survey, _nodes.Distinct(StringComparer.Ordinal), AskAsync);

    private async Task AskAsync(string node, CancellationToken stopping)
    {
        var connection = await Cluster.Nodes.ConnectAsync(node, stopping);
        EmitMatching(node, await IbDeviceProbe.RunAsync(connection, node, Root, stopping));
    }

    private async Task AskThisMachineAsync(string name, CancellationToken stopping)
    {
        var connection = await NodeConnectors.ThisMachineAsync(stopping);
        EmitMatching(name, await IbDeviceProbe.RunAsync(connection, name, Root, stopping));
    }

    private void EmitMatching(string node, IReadOnlyList<IbDevice> devices)
    {
        foreach (var device in devices.Where(device => Name.Any(name => Matches(name, device))))
        {
            Emit(device);
        }

        foreach (var name in Name.Where(name => !WildcardPattern.ContainsWildcardCharacters(name)))
        {
            if (!devices.Any(device => Matches(name, device)))
            {
                ReportNode(node, ErrorId.DeviceMissing, $"Node {node} has no adapter {Quote.Of(name)}.");
            }
        }
    }

    private static bool Matches(string name, IbDevice device) => new WildcardPattern(name, WildcardOptions.IgnoreCase).IsMatch(device.Name);
}
