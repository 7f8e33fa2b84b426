using System.Management.Automation;
using PisaHpc.Access.Ssh;
using PisaHpc.Batch;
using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Environments;
using PisaHpc.Module.Base;
using PisaHpc.Module.Completion;
using PisaHpc.Tracing;

namespace PisaHpc.Module.Commands;

/// <summary>Starts the containers of an allocation, of static environments, or of plans, and waits until each is ready.</summary>
[Cmdlet(VerbsLifecycle.Start, "HpcContainer", SupportsShouldProcess = true, DefaultParameterSetName = FromAllocation)]
[OutputType(typeof(HpcContainer))]
public sealed class StartHpcContainerCommand : PlanCmdlet, IBackgroundCmdlet
{
    private readonly List<HpcContainerPlan> _plans = [];

    /// <summary>The allocation.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = FromAllocation)]
    public HpcAllocation Allocation { get; set; } = null!;

    /// <summary>The job's ssh identity, from New-JobSshConfig.</summary>
    [Parameter(Mandatory = true, ParameterSetName = FromAllocation)]
    public JobSshConfig SshConfig { get; set; } = null!;

    /// <summary>A plan, from New-HpcContainerPlan.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = "Plan")]
    public HpcContainerPlan Plan { get; set; } = null!;

    /// <summary>Static environments that the site declares, by name; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, ParameterSetName = FromStatic, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(StaticCompleter))]
    public string[] Static { get; set; } = [];

    /// <summary>Only on these of their nodes; on all of them when none is named.</summary>
    [Parameter(ParameterSetName = FromStatic, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [NodeNames]
    [ArgumentCompleter(typeof(NodeCompleter))]
    [Alias("Nodes")]
    public string[] Node { get; set; } = [];

    /// <summary>Returns as soon as the containers run, without waiting until they are ready.</summary>
    [Parameter]
    public SwitchParameter NoWait { get; set; }

    /// <summary>With -WhatIf: emits the containers that would be started.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Goes on in the background: writes a job of the session, with a child for each node that is known before.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    IEnumerable<string> IBackgroundCmdlet.NodesBound() => ParameterSetName switch
    {
        "Plan" => [Plan.Node],
        FromStatic when Node.Length > 0 => NodesOf(Node),
        FromStatic => StaticNames.NodesBound(this, Static),
        _ => Allocation.Nodes.Select(node => node.Name),
    };

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        if (ParameterSetName == "Plan")
        {
            _plans.Add(Plan);
        }
        else if (ParameterSetName == FromStatic)
        {
            _plans.AddRange(await StaticNames.PlanAsync(this, Static, Node, Report, StopToken));
        }
        else
        {
            _plans.AddRange(await PlanAsync(Allocation, SshConfig));
        }
    }

    /// <inheritdoc/>
    protected override Task EndAsync() =>
        OnEachAsync("Starting containers", Phase.StartOnNode, _plans, plan => plan.Node, StartAsync);

    private Task StartAsync(HpcContainerPlan plan, CancellationToken stopping) =>
        plan.Static is null ? StartJobsAsync(plan, stopping) : OrReportAsync(plan.Node, () => StartStaticAsync(plan, stopping));

    private async Task StartStaticAsync(HpcContainerPlan plan, CancellationToken stopping)
    {
        var starter = new StaticStarter(Cluster) { Warn = Warn, NoWait = NoWait, TakenBack = TakenBack };
        var change = StaticChange.ToStart(plan, await starter.FindAsync(plan, stopping), EngineTerms);
        if (IsWhatIf)
        {
            await starter.RefuseTakenPortAsync(change, stopping);
            if (change.Step == StaticStep.None)
            {
                // Whether it is ready only a login tells.
                EmitAll(PassThru ? [ContainerLabels.ToHpcContainer(plan.Node, change.Existing!)] : []);
                return;
            }
        }

        if (change.Step == StaticStep.None || await ShouldProcessAsync($"{plan.Node}: {plan.Name}", change.Words))
        {
            await starter.CarryOutAsync(change, HandOverAsync, stopping);
        }
        else if (PassThru)
        {
            Emit(ContainerStarter.Predict(plan));
        }
    }

    private async Task StartJobsAsync(HpcContainerPlan plan, CancellationToken stopping)
    {
        if (!await ShouldProcessAsync($"{plan.Node}: {plan.Name}", $"Start a container of {plan.Image}"))
        {
            if (PassThru)
            {
                Emit(ContainerStarter.Predict(plan));
            }

            return;
        }

        if (plan.AgentToPut is { } agent)
        {
            await Phase.WriteAccess.RunAsync(
                async () => await agent.PutAsync(await Cluster.Nodes.ConnectAsync(plan.Node, stopping), stopping), plan.Node, plan.JobId);
        }

        var engine = await Cluster.Engines.ConnectAsync(plan.Node, stopping);
        var container = await Phase.StartContainer.RunAsync(
            () => ContainerStarter.StartAsync(engine, plan, stopping, TakenBack), plan.Node, plan.JobId);
        try
        {
            await HandOverAsync(await Phase.WaitUntilReady.RunAsync(
                () => CheckedAsync(engine, container, plan, stopping), plan.Node, plan.JobId));
        }
        catch
        {
            await Phase.TakeBack.RunAsync(() => ContainerStarter.TakeBackAsync(engine, plan, TakenBack), plan.Node, plan.JobId);
            throw;
        }
    }

    private async Task<HpcContainer> CheckedAsync(
        IContainerEngine engine, HpcContainer container, HpcContainerPlan plan, CancellationToken stopping)
    {
        var connection = await Cluster.Nodes.ConnectAsync(container.Node, stopping);
        return await LimitsInForce.WithAsync(
            NoWait
                ? Task.FromResult(container)
                : ReadinessCheck.WaitAsync(connection, engine, container, TimeSpan.FromSeconds(plan.ReadyTimeoutSec), stopping),
            LimitsInForce.RequireAsync(connection, engine, plan, container, Warn, stopping));
    }
}
