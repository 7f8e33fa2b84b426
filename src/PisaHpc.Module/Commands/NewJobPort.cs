using System.Management.Automation;
using System.Net;
using PisaHpc.Batch;
using PisaHpc.Module.Base;
using PisaHpc.Module.Completion;
using PisaHpc.Ports;

namespace PisaHpc.Module.Commands;

/// <summary>
/// Leases a TCP port to a job from a port area that all nodes share. A port goes to one job; a job that asks again, from whichever
/// process or host, gets the port that it has.
/// </summary>
[Cmdlet(VerbsCommon.New, "JobPort", SupportsShouldProcess = true, DefaultParameterSetName = ByAllocation)]
[OutputType(typeof(JobPort))]
public sealed class NewJobPortCommand : PortAreaCmdlet
{
    private const string ByJob = "Job";
    private const string ByAllocation = "Allocation";

    /// <summary>The job's id.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = ByJob)]
    [ArgumentCompleter(typeof(JobIdCompleter))]
    public string JobId { get; set; } = "";

    /// <summary>The login name of the job's owner, for whoever looks at the lease; without it the current user.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = ByJob)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(AccountCompleter))]
    public string? Owner { get; set; }

    /// <summary>The job's allocation, as Get-HpcAllocation gives it: its id, owner, batch system and nodes go into the lease.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ByAllocation)]
    public HpcAllocation Allocation { get; set; } = null!;

    /// <summary>
    /// How long the lease holds, for example 1.12:00:00; after that it can be reclaimed with Remove-JobPort -Expired. Without it the
    /// site's time, else 7 days.
    /// </summary>
    [Parameter]
    public TimeSpan? TimeToLive { get; set; }

    /// <summary>Ports to leave out, because something listens on them on the job's nodes. Those of this host are left out anyway.</summary>
    [Parameter]
    [ValidateRange(1, IPEndPoint.MaxPort)]
    public int[] BusyPort { get; set; } = [];

    /// <summary>With -WhatIf: writes the lease as it would be; the port may be another's by the time it is asked for.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        var (area, request) = (Area, Request());
        var predicted = area.Predict(request);
        if (!predicted.Changed)
        {
            Emit(predicted);
        }
        else if (await ShouldProcessAsync(area.Path, $"Lease a port, such as {predicted.Port}, to job {request.JobId}"))
        {
            Emit(area.Lease(request with { Planned = predicted.Port }, StopToken));
        }
        else if (PassThru)
        {
            Emit(predicted);
        }
    }

    private PortRequest Request() => new()
    {
        JobId = ParameterSetName == ByJob ? JobId : Allocation.JobId,
        Owner = ParameterSetName == ByJob ? Owner ?? Environment.UserName : Allocation.Owner.Name,
        Scheduler = ParameterSetName == ByJob ? Scheduler.Manual : Allocation.BatchSystem,
        Cluster = ParameterSetName == ByJob ? null : SiteDefinition.Batch.Named(Allocation).Cluster,
        Nodes = ParameterSetName == ByJob ? null : SlotMap.Format(Allocation.Nodes),
        TimeToLive = TimeToLive ?? (Path is null ? RequiredPorts.TimeToLive : PortRequest.DefaultTimeToLive),
        Prolong = TimeToLive is not null,
        Busy = BusyPort.ToHashSet(),
    };
}
