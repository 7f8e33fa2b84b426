using System.Management.Automation;
using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Environments;
using PisaHpc.Module.Base;
using PisaHpc.Tracing;

namespace PisaHpc.Module.Commands;

/// <summary>Stops containers and removes them. One that is gone already is success.</summary>
[Cmdlet(VerbsLifecycle.Stop, "HpcContainer", SupportsShouldProcess = true, DefaultParameterSetName = ByObject)]
[OutputType(typeof(HpcContainer))]
public sealed class StopHpcContainerCommand : ContainerCmdlet
{
    private StaticStopper? _statics;

    /// <summary>How long a container may take after TERM before it is killed, in seconds.</summary>
    [Parameter]
    [ValidateRange(0, 3600)]
    public int GraceSec { get; set; } = 10;

    /// <summary>
    /// Waits so long for jobs that are placed into a static environment's container to end, in seconds, and keeps new ones out meanwhile. A
    /// container with jobs is left as it is when they have not ended by then, and when it is not given.
    /// </summary>
    [Parameter]
    [ValidateRange(0, 604800)]
    public int DrainTimeoutSec { get; set; }

    /// <summary>With -WhatIf: emits the containers as they would be.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private TimeSpan Grace => TimeSpan.FromSeconds(GraceSec);

    private StaticStopper Statics => LazyInitializer.EnsureInitialized(
        ref _statics,
        () => new StaticStopper(Cluster, StaticNames.Asker()) { Grace = Grace, DrainTimeout = TimeSpan.FromSeconds(DrainTimeoutSec) });

    /// <inheritdoc/>
    private protected override int UsualTimeoutSec => GraceSec + DrainTimeoutSec + ShortWorkSec;

    /// <inheritdoc/>
    private protected override (string Activity, Phase Phase)? Progress => ("Stopping containers", Phase.StopOnNode);

    /// <summary>A static environment that a node has no container of is stopped there already.</summary>
    private protected override void Missing(string node, string name)
    {
        var declared = SiteDefinition.Static.GetValueOrDefault(name);
        Emit(new HpcContainer
        {
            Node = node,
            Static = name,
            Name = ContainerNames.OfStatic(name),
            Id = "",
            State = nameof(ContainerState.Exited),
            Environment = declared?.Environment ?? "",
            Image = "",
            Owner = "",
            Slots = 0,
            Port = declared?.Port ?? 0,
            ReadyTimeoutSec = 0,
            CreatedAt = default,
        });
    }

    private protected override async Task ProcessAsync(IContainerEngine engine, HpcContainer container, CancellationToken stopping)
    {
        if (await ShouldProcessAsync($"{container.Node}: {container.Name}", "Stop and remove"))
        {
            Emit(await Phase.StopContainer.RunAsync(
                () => container is { Static: not null, Directory.Length: > 0 }
                    ? Statics.StopAsync(container, stopping)
                    : ContainerStopper.StopAsync(engine, container, Grace, stopping),
                container.Node,
                container.JobId));
        }
        else if (PassThru)
        {
            Emit(ContainerStopper.Predict(container));
        }
    }
}
