using System.Management.Automation;
using PisaHpc.Allocations;
using PisaHpc.Base;
using PisaHpc.Completion;
using PisaHpc.Containers;
using PisaHpc.SshConfigs;

namespace PisaHpc.Commands;

/// <summary>Starts the containers of an allocation, or of plans, and waits until each is ready.</summary>
[Cmdlet(VerbsLifecycle.Start, "HpcContainer", SupportsShouldProcess = true, DefaultParameterSetName = FromAllocation)]
[OutputType(typeof(HpcContainer))]
public sealed class StartHpcContainerCommand : PlanCmdlet
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

    /// <summary>Returns as soon as the containers run, without waiting until they are ready.</summary>
    [Parameter]
    public SwitchParameter NoWait { get; set; }

    /// <summary>With -WhatIf: emits the containers that would be started.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        if (ParameterSetName == "Plan")
        {
            _plans.Add(Plan);
        }
        else
        {
            _plans.AddRange(await PlanAsync(Allocation, SshConfig));
        }
    }

    /// <inheritdoc/>
    protected override Task EndAsync() => OnEachAsync(_plans, plan => plan.Node, StartAsync);

    private async Task StartAsync(HpcContainerPlan plan, CancellationToken stopping)
    {
        if (!await ShouldProcessAsync($"{plan.Node}: {plan.Name}", $"Start a container of {plan.Image}"))
        {
            if (PassThru)
            {
                Emit(ContainerStarter.Predict(plan));
            }

            return;
        }

        await using var engine = await Engines.ConnectAsync(plan.Node, stopping);
        var container = await ContainerStarter.StartAsync(engine, plan, stopping);
        try
        {
            await HandOverAsync(NoWait ? container : await ReadyAsync(engine, container, plan, stopping));
        }
        catch
        {
            await ContainerStarter.TakeBackAsync(engine, container.Name);
            throw;
        }
    }

    private async Task<HpcContainer> ReadyAsync(
        IContainerEngine engine, HpcContainer container, HpcContainerPlan plan, CancellationToken stopping)
    {
        await using var connection = await Connector.ConnectAsync(container.Node, stopping);
        return await ReadinessCheck.WaitAsync(connection, engine, container, TimeSpan.FromSeconds(plan.ReadyTimeoutSec), stopping);
    }
}

/// <summary>Waits until containers are ready: a login by the job's key works in them.</summary>
[Cmdlet(VerbsLifecycle.Wait, "HpcContainer")]
[OutputType(typeof(HpcContainer))]
public sealed class WaitHpcContainerCommand : ContainerCmdlet
{
    /// <summary>How long to wait for each, in seconds; its environment's time when not given.</summary>
    [Parameter]
    [ValidateRange(1, 86400)]
    public int? ReadyTimeoutSec { get; set; }

    private protected override async Task ProcessAsync(IContainerEngine engine, HpcContainer container, CancellationToken stopping)
    {
        await using var connection = await Connector.ConnectAsync(container.Node, stopping);
        var deadline = TimeSpan.FromSeconds(ReadyTimeoutSec ?? container.ReadyTimeoutSec);
        Emit(await ReadinessCheck.WaitAsync(connection, engine, container, deadline, stopping));
    }
}

/// <summary>Lists the job containers on nodes.</summary>
[Cmdlet(VerbsCommon.Get, "HpcContainer")]
[OutputType(typeof(HpcContainer))]
public sealed class GetHpcContainerCommand : NodeCmdlet
{
    private readonly List<(string Node, Func<string, bool> Matches)> _asked = [];

    /// <summary>The nodes to ask; the site's nodes when none is named.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [NodeNames]
    [ArgumentCompleter(typeof(NodeCompleter))]
    [Alias("Nodes")]
    public string[] Node { get; set; } = [];

    /// <summary>Only the containers of these jobs; wildcards are allowed.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(JobIdCompleter))]
    public string[] JobId { get; set; } = ["*"];

    /// <summary>Only containers of these names; wildcards are allowed.</summary>
    [Parameter]
    [SupportsWildcards]
    public string[] Name { get; set; } = ["*"];

    /// <inheritdoc/>
    private protected override int UsualTimeoutSec => ShortWorkSec;

    /// <inheritdoc/>
    protected override Task ProcessAsync()
    {
        var jobs = JobId.Select(JobIdPattern.Of).ToArray();
        _asked.AddRange(NodesOrSite(Node).SelectMany(node => jobs, (node, matches) => (node, matches)));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override Task EndAsync()
    {
        var jobs = _asked.ToLookup(asked => asked.Node, asked => asked.Matches);
        var names = Name.Select(name => new WildcardPattern(name)).ToArray();
        return OnEachAsync(jobs.Select(asked => asked.Key), async (node, stopping) =>
        {
            await using var engine = await Engines.ConnectAsync(node, stopping);
            var containers = await engine.ListAsync(ContainerLabels.Filter(), stopping);
            EmitAll(containers
                .Select(container => ContainerLabels.ToHpcContainer(node, container))
                .Where(container => jobs[node].Any(matches => matches(container.JobId)))
                .Where(container => names.Any(name => name.IsMatch(container.Name))));
        });
    }
}

/// <summary>Stops containers and removes them. One that is gone already is success.</summary>
[Cmdlet(VerbsLifecycle.Stop, "HpcContainer", SupportsShouldProcess = true)]
[OutputType(typeof(HpcContainer))]
public sealed class StopHpcContainerCommand : ContainerCmdlet
{
    /// <summary>How long a container may take after TERM before it is killed, in seconds.</summary>
    [Parameter]
    [ValidateRange(0, 3600)]
    public int GraceSec { get; set; } = 10;

    /// <summary>With -WhatIf: emits the containers as they would be.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    private protected override int UsualTimeoutSec => GraceSec + ShortWorkSec;

    private protected override async Task ProcessAsync(IContainerEngine engine, HpcContainer container, CancellationToken stopping)
    {
        if (await ShouldProcessAsync($"{container.Node}: {container.Name}", "Stop and remove"))
        {
            Emit(await ContainerStopper.StopAsync(engine, container, TimeSpan.FromSeconds(GraceSec), stopping));
        }
        else if (PassThru)
        {
            Emit(ContainerStopper.Predict(container));
        }
    }
}
