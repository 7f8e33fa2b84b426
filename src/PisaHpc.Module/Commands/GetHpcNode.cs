using System.Collections.Concurrent;
using System.Management.Automation;
using PisaHpc.Module.Base;
using PisaHpc.Preflight;
using PisaHpc.Tracing;

namespace PisaHpc.Module.Commands;

/// <summary>Gets nodes: whether they and their engines answer, what they have, and which jobs run on them.</summary>
[Cmdlet(VerbsCommon.Get, "HpcNode")]
[OutputType(typeof(HpcNode), typeof(HpcNodeGroup), typeof(HpcNodeSummary))]
public sealed class GetHpcNodeCommand : NodeListCmdlet
{
    private readonly ConcurrentQueue<HpcNode> _found = new();

    /// <summary>Writes one object with the sums in place of the nodes.</summary>
    [Parameter]
    public SwitchParameter Summary { get; set; }

    /// <summary>Writes one object for the nodes that are alike, when all have answered.</summary>
    [Parameter]
    public SwitchParameter Fold { get; set; }

    /// <summary>
    /// Looks again and again until it is stopped: a table in its place on a terminal, the objects of each look in a pipeline.
    /// </summary>
    [Parameter]
    public SwitchParameter Watch { get; set; }

    /// <summary>With -Watch: the time between two looks, in seconds.</summary>
    [Parameter]
    [ValidateRange(1, 3600)]
    public int IntervalSec { get; set; } = 5;

    /// <summary>A node that hangs must not hold the table back for long.</summary>
    private protected override int UsualTimeoutSec => 30;

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        RefuseTogether(nameof(Fold), nameof(Summary));
        RefuseWithout(nameof(IntervalSec), nameof(Watch));
        RefuseBeside(nameof(Unordered), nameof(Fold), nameof(Summary), nameof(Watch));
        if (Watch)
        {
            await WatchAsync(IntervalSec, LookAsync);
            return;
        }

        await OnEachAsync(Cluster with { Failed = Missed }, "Asking nodes", Phase.Survey, NodesMeant(), AskAsync);
        if (IsOfAll)
        {
            EmitAll(Rows());
        }

        if (!Summary && _found.Count > 1)
        {
            Say(HpcNodeSummary.Of(_found).ToString());
        }
    }

    /// <summary>Whether what is put out is of all nodes together.</summary>
    private bool IsOfAll => Summary || Fold || Watch;

    private async Task<IReadOnlyCollection<object>?> LookAsync()
    {
        _found.Clear();
        await (Cluster with { Failed = Missed }).OnEachAsync(NodesMeant(), AskAsync, StopToken, phase: Phase.Survey);
        return Rows();
    }

    private IReadOnlyCollection<object> Rows() =>
        Summary ? [HpcNodeSummary.Of(_found)]
        : Fold ? HpcNodeGroup.Of(InOrder(_found, node => node.Node))
        : [.. InOrder(_found, node => node.Node)];

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
            ReportOnce(failure);
        }
    }

    private void Found(HpcNode node)
    {
        Answered(node.Node);
        _found.Enqueue(node);
        if (!IsOfAll)
        {
            Emit(node);
        }
    }
}
