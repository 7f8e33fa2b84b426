using System.Management.Automation;
using PisaHpc.Batch;
using PisaHpc.BatchHooks;
using PisaHpc.BatchHooks.HTCondor;
using PisaHpc.BatchHooks.Lsf;
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
        RequireParametersOfSystem();
        var plan = Kind == Scheduler.HTCondor ? new HTCondorHookRemoval(HTCondorRequest) : await OnControllerAsync(PlanAsync);
        if (plan.OnController() is { } change)
        {
            await ChangeControllerAsync(change);
        }

        await OnNodesAsync("Removing hooks", Phase.RemoveHooks, plan.Nodes, (node, stopping) => RemoveAsync(plan, node, stopping));
    }

    private async Task<IHookRemoval> PlanAsync(INodeConnection host, CancellationToken stopping) => Kind == Scheduler.Lsf
        ? await LsfHookRemoval.PlanAsync(host, LsfRequest, stopping)
        : await SlurmHookRemoval.PlanAsync(host, RequiredSite, SlurmConf, stopping);

    private async Task ChangeControllerAsync(HostChange change)
    {
        var predicted = change.Predict();
        if (!predicted.Changed)
        {
            Emit(predicted);
        }
        else if (await ShouldProcessAsync(predicted.Node, InWords("Take the hooks out:", predicted)))
        {
            var done = await Phase.ConfigureBatchSystem.RunAsync(
                () => OnControllerAsync((host, stopping) => change.RunAsync(host, Stamp(), Warn, stopping)), change.Host);
            Warn($"Nothing was restarted. For it to take effect, on {done.Node}: {done.NextStep ?? change.NextStep}.");
            Emit(done);
        }
        else if (PassThru)
        {
            Emit(predicted);
        }
    }

    private async Task RemoveAsync(IHookRemoval plan, INodeConnection node, CancellationToken stopping)
    {
        HostChange removal = null!;
        await FanOut.WithinAsync(node.Node, NodeTimeout, async limit => removal = await plan.OnNodeAsync(node, limit), stopping);
        var predicted = removal.Predict();
        if (!predicted.Changed)
        {
            Emit(predicted);
        }
        else if (await ShouldProcessAsync(node.Node, InWords("Take the hooks off:", predicted)))
        {
            await FanOut.WithinAsync(
                node.Node, NodeTimeout, async limit => predicted = await removal.RunAsync(node, Stamp(), Warn, limit), stopping);
            Emit(predicted);
        }
        else if (PassThru)
        {
            Emit(predicted);
        }
    }
}
