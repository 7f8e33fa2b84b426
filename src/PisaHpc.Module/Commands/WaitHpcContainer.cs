using System.Management.Automation;
using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Module.Base;
using PisaHpc.Tracing;

namespace PisaHpc.Module.Commands;

/// <summary>Waits until containers are ready: a login by the job's key works in them.</summary>
[Cmdlet(VerbsLifecycle.Wait, "HpcContainer", DefaultParameterSetName = ByObject)]
[OutputType(typeof(HpcContainer))]
public sealed class WaitHpcContainerCommand : ContainerCmdlet
{
    /// <summary>How long to wait for each, in seconds; its environment's time when not given.</summary>
    [Parameter]
    [ValidateRange(1, 86400)]
    public int? ReadyTimeoutSec { get; set; }

    /// <inheritdoc/>
    private protected override (string Activity, Phase Phase)? Progress => ("Waiting for containers", Phase.WaitUntilReady);

    private protected override async Task ProcessAsync(IContainerEngine engine, HpcContainer container, CancellationToken stopping)
    {
        var connection = await Cluster.Nodes.ConnectAsync(container.Node, stopping);
        var deadline = TimeSpan.FromSeconds(ReadyTimeoutSec ?? container.ReadyTimeoutSec);
        Emit(await ReadinessCheck.WaitAsync(connection, engine, container, deadline, stopping));
    }
}
