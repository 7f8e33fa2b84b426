using System.Management.Automation;
using PisaHpc.Jobs;
using PisaHpc.Jobs.Records;
using PisaHpc.Module.Base;
using PisaHpc.Module.Completion;

namespace PisaHpc.Module.Commands;

/// <summary>Rebuilds jobs from the nodes and the port area, or reads how jobs ended.</summary>
[Cmdlet(VerbsCommon.Get, "HpcJob", DefaultParameterSetName = OfNodes)]
[OutputType(typeof(HpcJob), typeof(HpcEndedJob))]
public sealed class GetHpcJobCommand : NodeCmdlet
{
    private const string OfNodes = "Nodes";
    private const string OfRecords = "Ended";

    /// <summary>After how many records the pipeline is waited for.</summary>
    private const int Batch = 100;

    private readonly HashSet<string> _jobIds = new(StringComparer.Ordinal);
    private readonly HashSet<string> _nodes = new(StringComparer.Ordinal);

    /// <summary>The jobs; wildcards are allowed; every job when none is named. A container of no job names none.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [TextOnly]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(JobIdCompleter))]
    public string[]? JobId { get; set; } = ["*"];

    /// <summary>The nodes to ask beside those that leases name; the site's nodes when none is named.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = OfNodes)]
    [Alias("Nodes")]
    [SupportsWildcards]
    [NodeNames]
    [ArgumentCompleter(typeof(NodeCompleter))]
    public string[] Node { get; set; } = [];

    /// <summary>Reads the records of jobs that have ended, the latest first; no node is asked.</summary>
    [Parameter(Mandatory = true, ParameterSetName = OfRecords)]
    public SwitchParameter Ended { get; set; }

    /// <summary>The earliest end.</summary>
    [Parameter(ParameterSetName = OfRecords)]
    public DateTimeOffset? Since { get; set; }

    /// <summary>The reasons; every one when none is named.</summary>
    [Parameter(ParameterSetName = OfRecords)]
    public EndReason[] Reason { get; set; } = [];

    /// <inheritdoc/>
    private protected override int UsualTimeoutSec => ShortWorkSec;

    /// <inheritdoc/>
    protected override Task ProcessAsync()
    {
        _jobIds.UnionWith(JobId ?? []);
        _nodes.UnionWith(Node);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        if (_jobIds.Count > 0)
        {
            await (ParameterSetName == OfRecords ? ReadAsync() : FindAsync());
        }
    }

    private async Task FindAsync()
    {
        var finder = new JobFinder(Cluster, SitePorts);
        string[]? ids = _jobIds.All(JobIdPattern.IsOne) ? [.. _jobIds] : null;
        var nodes = _jobIds.SelectMany(id => NodesOfJob(id, _nodes));
        var jobs = await finder.FindAsync(ids, nodes, StopToken);
        var wanted = _jobIds.Select(JobIdPattern.Of).ToArray();
        EmitAll(jobs.Where(job => wanted.Any(matches => matches(job.JobId))));
        foreach (var id in _jobIds.Where(JobIdPattern.IsOne).Except(jobs.Select(job => job.JobId)))
        {
            Report(new HpcException(ErrorId.JobNotFound, $"Job {Quote.Of(id)} has no lease and no container on the nodes asked.", id));
        }
    }

    private async Task ReadAsync()
    {
        var records = RequiredSite.RequireRecords();
        var patterns = _jobIds.Select(JobIdPattern.Of).ToArray();
        var filter = new EndedJobFilter
        {
            JobId = id => Array.Exists(patterns, matches => matches(id)),
            JobIds = _jobIds.All(JobIdPattern.IsOne) ? _jobIds : null,
            Since = Since ?? DateTimeOffset.MinValue,
            Reasons = Reason,
        };
        var unseen = _jobIds.Where(JobIdPattern.IsOne).ToHashSet(StringComparer.Ordinal);
        var count = 0;
        foreach (var job in new EndedJobReader(records, SitePorts, Warn).Read(filter))
        {
            StopToken.ThrowIfCancellationRequested();
            unseen.Remove(job.JobId);
            Emit(job);
            if (++count % Batch == 0)
            {
                await CaughtUpAsync();
            }
        }

        var all = Reason.Length == 0 && Since is null;
        foreach (var id in all ? unseen : [])
        {
            Report(new HpcException(ErrorId.JobNotFound, $"Job {Quote.Of(id)} has no record of an end in {records.Directory}.", id));
        }
    }
}
