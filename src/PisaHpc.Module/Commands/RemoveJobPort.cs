using System.Management.Automation;
using PisaHpc.Module.Base;
using PisaHpc.Module.Completion;
using PisaHpc.Ports;

namespace PisaHpc.Module.Commands;

/// <summary>Gives jobs' ports back to the port area. A job that holds none is a success with Changed = $false.</summary>
[Cmdlet(VerbsCommon.Remove, "JobPort", SupportsShouldProcess = true, DefaultParameterSetName = ByLease)]
[OutputType(typeof(ReleasedPort))]
public sealed class RemoveJobPortCommand : PortAreaCmdlet
{
    private const string ByJob = "Job";
    private const string ByLease = "Lease";
    private const string ByTime = "Expired";

    /// <summary>The jobs' ids.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = ByJob)]
    [ArgumentCompleter(typeof(JobIdCompleter))]
    public string[] JobId { get; set; } = [];

    /// <summary>A lease, as New-JobPort and Get-JobPort give it; it names its own port area.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ByLease)]
    public JobPort InputObject { get; set; } = null!;

    /// <summary>Takes back every lease whose time has run out, and every claim whose claimer died half-way.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByTime)]
    public SwitchParameter Expired { get; set; }

    /// <summary>
    /// With -Expired: the ids of all jobs that have not ended, as the batch system lists them (squeue -h -o %A, bjobs, qstat). Then the
    /// leases of jobs that are not among them go as well, and those of jobs that are stay, whatever their time. An empty list is refused:
    /// it may be that of a batch system that did not answer.
    /// </summary>
    [Parameter(ParameterSetName = ByTime)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(JobIdCompleter))]
    public string[]? LiveJobId { get; set; }

    /// <summary>With -WhatIf: writes what would be given back.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync() => ParameterSetName switch
    {
        ByJob => RemoveEachAsync(Area, [.. JobId.Select(id => JobIdPattern.One(id, "Remove-JobPort", "Get-JobPort"))]),
        ByLease => RemoveEachAsync(Path is null ? AreaAt(InputObject.Path) : Area, [InputObject.JobId]),
        _ => RemoveExpiredAsync(Area),
    };

    private async Task RemoveEachAsync(PortArea area, string[] jobIds)
    {
        foreach (var jobId in jobIds)
        {
            await RemoveAsync(jobId, () => area.PredictRelease(jobId), () => area.Release(jobId, StopToken));
        }
    }

    private async Task RemoveExpiredAsync(PortArea area)
    {
        var now = DateTimeOffset.UtcNow;
        Func<JobPort, bool?>? isAlive = LiveJobId is null ? null : new LiveJobs(LiveJobId).Tell;
        foreach (var predicted in area.PredictReclaim(now, isAlive))
        {
            await RemoveAsync(predicted.JobId, () => predicted, () => area.Reclaim(predicted.JobId, now, isAlive));
        }
    }

    /// <summary>Gives back one lease; a failure is its own, and the others go on.</summary>
    private async Task RemoveAsync(string jobId, Func<ReleasedPort> predict, Func<ReleasedPort?> remove)
    {
        try
        {
            await RemoveAsync(predict(), remove);
        }
        catch (Exception failure) when (IsFailure(failure))
        {
            Report(failure, jobId);
        }
    }

    private async Task RemoveAsync(ReleasedPort predicted, Func<ReleasedPort?> remove)
    {
        if (!predicted.Changed)
        {
            Emit(predicted);
        }
        else if (await ShouldProcessAsync(predicted.Path, $"Give back port {predicted.Port} of job {predicted.JobId} ({predicted.Reason})"))
        {
            if (remove() is { } removed)
            {
                Emit(removed);
            }
        }
        else if (PassThru)
        {
            Emit(predicted);
        }
    }
}
