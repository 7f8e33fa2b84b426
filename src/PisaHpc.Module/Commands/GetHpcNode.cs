using System.Collections.Concurrent;
using System.Management.Automation;
using PisaHpc.Base;
using PisaHpc.Completion;
using PisaHpc.Nodes;

namespace PisaHpc.Commands;

/// <summary>Gets nodes: whether they and their engines answer, what they have, and which jobs run on them.</summary>
[Cmdlet(VerbsCommon.Get, "HpcNode")]
[OutputType(typeof(HpcNode), typeof(HpcNodeSummary))]
public sealed class GetHpcNodeCommand : NodeCmdlet
{
    private const int DefaultTimeoutSec = 30;
    private readonly List<string> _nodes = [];
    private readonly ConcurrentQueue<HpcNode> _found = new();

    /// <summary>A node that hangs must not hold the table back: the time limit has a value here where other cmdlets have none.</summary>
    public GetHpcNodeCommand() => TimeoutSec = DefaultTimeoutSec;

    /// <summary>The nodes to ask; the site's nodes when none is named.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [NodeNames]
    [ArgumentCompleter(typeof(NodeCompleter))]
    [Alias("Nodes")]
    public string[] Node { get; set; } = [];

    /// <summary>Writes one object with the sums in place of the nodes.</summary>
    [Parameter]
    public SwitchParameter Summary { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync()
    {
        _nodes.AddRange(Node);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        IReadOnlyList<string> nodes = MyInvocation.ExpectingInput ? NodesOf(_nodes) : NodesOrSite(_nodes);
        await OnEachAsync("Asking nodes", [.. nodes.Distinct(StringComparer.Ordinal)], AskAsync, Missed);
        var summary = HpcNodeSummary.Of(_found);
        if (Summary)
        {
            Emit(summary);
        }
        else if (_found.Count > 1)
        {
            Say(summary.ToString());
        }
    }

    private async Task AskAsync(string node, CancellationToken stopping) =>
        Found(await NodeSurvey.ReadAsync(Connector, Engines, node, stopping));

    /// <summary>A node that took too long is a row too; anything but a failure of the node is an error.</summary>
    private void Missed(string node, Exception failure)
    {
        if (failure is HpcException known)
        {
            Found(HpcNode.Unreachable(node, known));
        }
        else
        {
            ReportNode(node, failure);
        }
    }

    private void Found(HpcNode node)
    {
        _found.Enqueue(node);
        if (!Summary)
        {
            Emit(node);
        }
    }
}
