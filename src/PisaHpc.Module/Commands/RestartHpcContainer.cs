using System.Management.Automation;
using PisaHpc.Containers;
using PisaHpc.Environments;
using PisaHpc.Module.Base;
using PisaHpc.Module.Completion;
using PisaHpc.Tracing;

namespace PisaHpc.Module.Commands;

/// <summary>Starts the containers of static environments anew, as they are declared now. It ends the logins in them.</summary>
[Cmdlet(VerbsLifecycle.Restart, "HpcContainer", SupportsShouldProcess = true)]
[OutputType(typeof(HpcContainer))]
public sealed class RestartHpcContainerCommand : NodeCmdlet
{
    private readonly List<HpcContainerPlan> _plans = [];

    /// <summary>Static environments that the site declares, by name; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(StaticCompleter))]
    public string[] Static { get; set; } = [];

    /// <summary>Only on these of their nodes; on all of them when none is named.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [NodeNames]
    [ArgumentCompleter(typeof(NodeCompleter))]
    [Alias("Nodes")]
    public string[] Node { get; set; } = [];

    /// <summary>How long a container may take to end before it is killed, in seconds.</summary>
    [Parameter]
    [ValidateRange(0, 3600)]
    public int GraceSec { get; set; } = 10;

    /// <summary>
    /// Waits so long for the jobs that are placed there to end, in seconds, and keeps new ones out meanwhile. A container with jobs is left
    /// as it is when they have not ended by then, and when it is not given.
    /// </summary>
    [Parameter]
    [ValidateRange(0, 604800)]
    public int DrainTimeoutSec { get; set; }

    /// <summary>Returns as soon as the containers run, without waiting until they are ready.</summary>
    [Parameter]
    public SwitchParameter NoWait { get; set; }

    /// <summary>With -WhatIf: emits the containers that would be started.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync() =>
        _plans.AddRange(await StaticNames.PlanAsync(this, Static, Node, Report, StopToken));

    /// <inheritdoc/>
    protected override Task EndAsync() => OnEachAsync(
        "Starting containers anew",
        Phase.StartOnNode,
        _plans,
        plan => plan.Node,
        (plan, stopping) => OrReportAsync(plan.Node, () => RestartAsync(plan, stopping)));

    private async Task RestartAsync(HpcContainerPlan plan, CancellationToken stopping)
    {
        var starter = new StaticStarter(Cluster)
        {
            Warn = Warn,
            TakenBack = TakenBack,
            NoWait = NoWait,
            Grace = TimeSpan.FromSeconds(GraceSec),
            DrainTimeout = TimeSpan.FromSeconds(DrainTimeoutSec),
        };
        var change = StaticChange.ToRestart(plan, await starter.FindAsync(plan, stopping), EngineTerms);
        if (IsWhatIf)
        {
            await starter.RefuseTakenPortAsync(change, stopping);
        }

        if (await ShouldProcessAsync($"{plan.Node}: {plan.Name}", change.Words))
        {
            await starter.CarryOutAsync(change, HandOverAsync, stopping);
        }
        else if (PassThru)
        {
            Emit(ContainerStarter.Predict(plan));
        }
    }
}
