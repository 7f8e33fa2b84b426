using System.Collections.Concurrent;
using System.Management.Automation;
using PisaHpc.Module.Base;
using PisaHpc.Preflight;
using PisaHpc.Tracing;

namespace PisaHpc.Module.Commands;

/// <summary>Gets nodes: whether they and their engines answer, what they have, and which jobs run on them.</summary>
[Cmdlet(VerbsCommon.Get, "HpcNode")]
[OutputType(typeof(HpcNode), typeof(HpcNodeSummary))]
public sealed class GetHpcNodeCommand : NodeListCmdlet
{
    private readonly ConcurrentQueue<HpcNode> _found = new();

    /// <summary>Writes one object with the sums in place of the nodes.</summary>
    [Parameter]
    public SwitchParameter Summary { get; set; }

    /// <summary>A node that hangs must not hold the table back for long.</summary>
    private protected override int UsualTimeoutSec => 30;

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        await OnEachAsync(Cluster with { Failed = Missed }, "Asking nodes", Phase.Survey, NodesMeant(), AskAsync);
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
        Found(await NodeSurvey.ReadAsync(Cluster, node, stopping));

    /// <summary>A node that took too long is a row too; anything but a failure of the node is an error.</summary>
    private void Missed(NodeFailure failure)
    {
        if (failure.Cause is HpcException known)
        {
            Found(HpcNode.Unreachable(failure.Node, known));
        }
        else
        {
            ReportNode(failure);
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
