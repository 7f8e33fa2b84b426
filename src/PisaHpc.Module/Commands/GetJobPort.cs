using System.Management.Automation;
using System.Net;
using PisaHpc.Module.Base;
using PisaHpc.Module.Completion;
using PisaHpc.Ports;

namespace PisaHpc.Module.Commands;

/// <summary>Lists the leases of a port area: which job holds which port, since when and until when.</summary>
[Cmdlet(VerbsCommon.Get, "JobPort")]
[OutputType(typeof(JobPort))]
public sealed class GetJobPortCommand : PortAreaCmdlet
{
    /// <summary>
    /// The jobs; * and ? are wildcards, and 1234[5] is the array element of that id. Without it, every job. A job named without wildcards
    /// that holds no port is an error.
    /// </summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [TextOnly]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(JobIdCompleter))]
    public string[]? JobId { get; set; } = ["*"];

    /// <summary>The ports; without it, every port.</summary>
    [Parameter]
    [ValidateRange(1, IPEndPoint.MaxPort)]
    public int[]? Port { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync()
    {
        var area = Area;
        var leases = area.List();
        var wanted = (JobId ?? []).SelectMany(id => Named(id, leases, area)).ToHashSet();
        EmitAll(leases.Where(lease => wanted.Contains(lease) && Port?.Contains(lease.Port) != false));
        return Task.CompletedTask;
    }

    private JobPort[] Named(string jobId, IReadOnlyList<JobPort> leases, PortArea area)
    {
        var matches = JobIdPattern.Of(jobId);
        var found = leases.Where(lease => matches(lease.JobId)).ToArray();
        if (found.Length > 0 || !JobIdPattern.IsOne(jobId))
        {
            return found;
        }

        Report(new HpcException(
            ErrorId.JobNotFound,
            $"Job {Quote.Of(jobId)} holds no port of {area.Path}.",
            jobId,
            $"See who holds one: Get-JobPort -Path '{area.Path}'."));
        return [];
    }
}
