using System.Management.Automation;
using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Module.Base;

namespace PisaHpc.Module.Commands;

/// <summary>Reads containers' logs line by line.</summary>
[Cmdlet(VerbsCommon.Get, "HpcContainerLog", DefaultParameterSetName = ByObject)]
[OutputType(typeof(HpcContainerLogLine))]
public sealed class GetHpcContainerLogCommand : ContainerCmdlet
{
    /// <summary>Only the last so many lines.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? Tail { get; set; }

    /// <summary>Goes on until the containers end.</summary>
    [Parameter]
    public SwitchParameter Follow { get; set; }

    /// <summary>A log that is followed does not end, so that the next would never have its turn.</summary>
    private protected override int NodesAtATime => Follow ? int.MaxValue : ThrottleLimit;

    /// <summary>For the same reason the lines of one that is followed wait for no other's.</summary>
    private protected override bool IsInOrder => base.IsInOrder && !Follow;

    private protected override async Task ProcessAsync(IContainerEngine engine, HpcContainer container, CancellationToken stopping)
    {
        await foreach (var line in engine.ReadLogAsync(container.Id, Tail, Follow, stopping))
        {
            Emit(new HpcContainerLogLine(container.Node, container.Name, container.JobId, line.Stream, line.Time, line.Text)
            {
                Static = container.Static,
            });
        }
    }
}
