using System.Collections.Concurrent;
using System.Management.Automation;
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
    /// <summary>Whose job it is does not matter for taking it away, and an epilogue of root is not always told.</summary>
    private const string Anyone = "root:0:0";

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
        Array.ForEach(jobIds, id => JobIds.Validate(id));
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
        var silent = new ConcurrentDictionary<string, NodeFailure>();

        // A node that does not answer now is asked again by the stopper, which reports it.
        var finder = new JobFinder(Cluster with { Failed = failure => silent[failure.Node] = failure }, area);
        var own = finder.NodesOf(jobId, named, () => NodesOfAllocation(jobId));
        var elsewhere = own.Count > 0 ? [] : NodesOrSite([]);
        var found = await finder.FindAsync([jobId], own.Concat(elsewhere), StopToken);
        var job = found.Count > 0 ? found[0] : HpcJob.None(jobId);
        var nodes = job.Nodes.Select(node => node.Name).Union(named).ToArray();
        var target = nodes.Length > 0 ? $"{HostList.Fold(nodes)}: job {jobId}" : $"job {jobId}";
        if (!await ShouldProcessAsync(target, "Remove its containers, keys and lease"))
        {
            var unasked = elsewhere.Where(silent.ContainsKey).ToArray();
            Array.ForEach(unasked, node => WarnOfStranger(silent[node]));
            if (PassThru)
            {
                Emit(JobStopper.Predict(job, unasked.Length > 0));
            }

            return;
        }

        using var bars = FollowNodes($"Stopping job {jobId}", nodes.Union(own).Union(elsewhere).Count(), Phase.StopOnNode);
        var request = new JobStopRequest
        {
            Job = job,
            Nodes = own,
            Elsewhere = elsewhere,
            RunDirectory = SiteDefinition.RunDirectory,
            Grace = TimeSpan.FromSeconds(GraceSec),
        };
        Emit(await new JobStopper(Cluster, area).StopAsync(request, WarnOfStranger, StopToken));

        void WarnOfStranger(NodeFailure failure) =>
            Warn($"Nothing says that job {jobId} was on {failure.Node}, which could not be asked: {failure.Message}");
    }

    /// <summary>The nodes of a job whose lease does not say, where this runs in its allocation.</summary>
    private static IReadOnlyList<string> NodesOfAllocation(string jobId)
    {
        var environment = JobEnvironment.OfProcess();
        try
        {
            return AllocationReader.FindJobId(environment) == jobId
                ? [.. AllocationReader.Read(environment, owner: Anyone).Nodes.Select(node => node.Name)]
                : [];
        }
        catch (HpcException failure) when (failure.Id == ErrorId.AllocationNotFound)
        {
            // After its end a job's variables may name nodes no more: its files can be anywhere on the site.
            return [];
        }
    }
}
