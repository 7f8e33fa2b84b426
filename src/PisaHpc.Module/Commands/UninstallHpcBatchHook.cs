using System.Globalization;
using System.Management.Automation;
using PisaHpc.BatchHooks;
using PisaHpc.BatchHooks.Slurm;
using PisaHpc.Module.Base;
using PisaHpc.Nodes;
using PisaHpc.Tracing;

namespace PisaHpc.Module.Commands;

/// <summary>
/// Takes a batch system's hooks away: what calls them first, and the files when no job needs them any more, which a second call finds.
/// </summary>
[Cmdlet(VerbsLifecycle.Uninstall, "HpcBatchHook", SupportsShouldProcess = true)]
[OutputType(typeof(HpcBatchHook))]
public sealed class UninstallHpcBatchHookCommand : BatchHookCmdlet
{
    /// <summary>With -WhatIf: emits what would be done.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        var site = RequiredSite;
        var plan = await OnControllerAsync((host, stopping) => SlurmHookRemoval.PlanAsync(host, site, SlurmConf, stopping));
        await ChangeControllerAsync(plan);
        await OnNodesAsync("Removing hooks", Phase.RemoveHooks, plan.Nodes, (node, stopping) => RemoveAsync(plan, node, stopping));
    }

    private async Task ChangeControllerAsync(SlurmHookRemoval plan)
    {
        var change = plan.OnController();
        var predicted = change.Predict();
        if (!predicted.Changed)
        {
            Emit(predicted with { NextStep = plan.Waiting is null ? null : $"run this again when {plan.Waiting}" });
        }
        else if (await ShouldProcessAsync(predicted.Node, InWords("Take the hooks out:", predicted)))
        {
            var stamp = DateTimeOffset.UtcNow.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
            var done = await Phase.ConfigureBatchSystem.RunAsync(
                () => OnControllerAsync((host, stopping) => change.RunAsync(host, stamp, Warn, stopping)), change.Host);
            Warn($"Nothing was restarted. For it to take effect, on {done.Node}: {done.NextStep ?? change.NextStep}.");
            Emit(done);
        }
        else if (PassThru)
        {
            Emit(predicted);
        }
    }

    private async Task RemoveAsync(SlurmHookRemoval plan, INodeConnection node, CancellationToken stopping)
    {
        NodeRemoval removal = null!;
        await FanOut.WithinAsync(node.Node, NodeTimeout, async limit => removal = await plan.OnNodeAsync(node, limit), stopping);
        var predicted = removal.Predict(node.Node);
        if (!predicted.Changed)
        {
            Emit(predicted);
        }
        else if (await ShouldProcessAsync(node.Node, InWords("Take the hooks off:", predicted)))
        {
            await FanOut.WithinAsync(node.Node, NodeTimeout, limit => removal.RunAsync(node, limit), stopping);
            Emit(predicted);
        }
        else if (PassThru)
        {
            Emit(predicted);
        }
    }

    private static string InWords(string head, HpcBatchHook change) => string.Join('\n', [head, .. change.Changes, .. change.Diff]);
}
