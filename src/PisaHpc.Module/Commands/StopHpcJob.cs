using System.Management.Automation;
using PisaHpc.Adapters;
using PisaHpc.Batch;
using PisaHpc.HostLists;
using PisaHpc.Jobs;
using PisaHpc.Module.Base;
using PisaHpc.Module.Completion;
using PisaHpc.Ports;
using PisaHpc.Tracing;

namespace PisaHpc.Module.Commands;

/// <summary>Takes a job off its nodes: containers, keys, lease, processes. What is gone already is success.</summary>
[Cmdlet(VerbsLifecycle.Stop, "HpcJob", SupportsShouldProcess = true)]
[OutputType(typeof(HpcJob))]
public sealed class StopHpcJobCommand : NodeCmdlet
{
    /// <summary>The jobs, by their ids; the one that this runs in when none is named.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [TextOnly]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(JobIdCompleter))]
    public string[] JobId { get; set; } = [];

    /// <summary>More nodes to clean; those that the lease or the containers name are cleaned anyway.</summary>
    [Parameter]
    [SupportsWildcards]
    [NodeNames]
    [ArgumentCompleter(typeof(NodeCompleter))]
    public string[] Node { get; set; } = [];

    /// <summary>How long a container may take after TERM before it is killed, in seconds.</summary>
    [Parameter]
    [ValidateRange(0, 3600)]
    public int GraceSec { get; set; } = 10;

    /// <summary>Asks the batch system how the job ended, for its record; the stop does not wait for it for more than 10 seconds.</summary>
    [Parameter]
    public SwitchParameter AskBatchSystem { get; set; }

    /// <summary>With -WhatIf: emits the job as it would be.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    private protected override int UsualTimeoutSec => GraceSec + ShortWorkSec;

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        string[] jobIds = JobId.Length > 0
            ? JobId
            : [AllocationReader.FindJobId(JobEnvironment.OfProcess()) ?? throw AllocationReader.NoJob()];
        Array.ForEach(jobIds, id => JobIdPattern.One(id, "Stop-HpcJob"));
        var area = SitePorts;
        foreach (var jobId in jobIds)
        {
            try
            {
                await StopAsync(jobId, area);
            }
            catch (Exception failure) when (IsFailure(failure))
            {
                Report(failure, jobId);
            }
        }
    }

    private async Task StopAsync(string jobId, PortArea? area)
    {
        var named = NodesOf(Node);
        var request = await new JobFinder(Cluster, area).FindToStopAsync(
            jobId,
            named,
            () => AllocationReader.NodesOf(jobId, JobEnvironment.OfProcess()),
            () => NodesOrSite([]),
            SiteDefinition.RunDirectory,
            StopToken);
        var job = request.Job;
        var nodes = job.Nodes.Select(node => node.Name).Union(named).ToArray();
        var target = nodes.Length > 0 ? $"{HostList.Fold(nodes)}: job {jobId}" : $"job {jobId}";
        if (!await ShouldProcessAsync(target, "Remove its containers, keys and lease"))
        {
            Array.ForEach([.. request.Silent], WarnOfStranger);
            if (PassThru)
            {
                Emit(JobStopper.Predict(job, request.Silent.Count > 0));
            }

            return;
        }

        var count = nodes.Union(request.Nodes).Union(request.Elsewhere).Count();
        using var bars = FollowNodes($"Stopping job {jobId}", count, Phase.StopOnNode);
        var stopper = new JobStopper(Cluster, area) { Recorder = Recorder };
        var wanted = request with
        {
            Grace = TimeSpan.FromSeconds(GraceSec),
            End = AllocationReader.FindEnd(jobId, JobEnvironment.OfProcess()),
            AskEnd = AskBatchSystem ? stopping => SiteJobEnd.FindAsync(SiteDefinition, jobId, stopping) : null,
        };
        Emit(await stopper.StopAsync(wanted, WarnOfStranger, StopToken));

        void WarnOfStranger(NodeFailure failure) =>
            Warn($"Nothing says that job {jobId} was on {failure.Node}, which could not be asked: {failure.Message}");
    }
}
