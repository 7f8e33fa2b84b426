using System.Management.Automation;
using PisaHpc.Adapters;
using PisaHpc.Batch;
using PisaHpc.Jobs;
using PisaHpc.Jobs.Orphans;
using PisaHpc.Jobs.Records;
using PisaHpc.Module.Base;
using PisaHpc.Module.Completion;
using PisaHpc.Ports;
using PisaHpc.Tracing;

namespace PisaHpc.Module.Commands;

/// <summary>
/// Rebuilds jobs from the nodes and the port area, with what the batch system says of them; or reads how jobs ended, or how they started.
/// </summary>
[Cmdlet(VerbsCommon.Get, "HpcJob", DefaultParameterSetName = OfNodes)]
[OutputType(typeof(HpcJob), typeof(HpcEndedJob), typeof(HpcPhase))]
public sealed class GetHpcJobCommand : NodeCmdlet
{
    private const string OfNodes = "Nodes";
    private const string Joined = "BatchSystem";
    private const string OfRecords = "Ended";

    // The name by which the view of jobs with a state of the batch system's is chosen.
    private static readonly string JoinedView = typeof(HpcJob).FullName + "#BatchSystem";

    /// <summary>After how many records the pipeline is waited for.</summary>
    private const int RecordsAtOnce = 100;

    private readonly HashSet<string> _jobIds = new(StringComparer.Ordinal);
    private readonly HashSet<string> _nodes = new(StringComparer.Ordinal);

    /// <summary>Where to look; nodes that leases name by then are asked too.</summary>
    private IReadOnlyList<string>? _where;

    /// <summary>The jobs that were said not to be there: not in every look again.</summary>
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);

    /// <summary>The jobs; wildcards are allowed; every job when none is named. A container of no job names none.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [TextOnly]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(JobIdCompleter))]
    public string[]? JobId { get; set; } = ["*"];

    /// <summary>The nodes to ask beside those that leases name; the site's nodes when none is named.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = OfNodes)]
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = Joined)]
    [Alias("Nodes")]
    [SupportsWildcards]
    [NodeNames]
    [ArgumentCompleter(typeof(NodeCompleter))]
    public string[] Node { get; set; } = [];

    /// <summary>
    /// Asks the batch system once for all jobs, after the nodes: each job says how it stands there and where the two contradict each other,
    /// and jobs that the batch system runs with an environment and that have nothing on the nodes are shown too.
    /// </summary>
    [Parameter(Mandatory = true, ParameterSetName = Joined)]
    public SwitchParameter AskBatchSystem { get; set; }

    /// <summary>
    /// The host on which the batch system is asked, reached as the nodes are; else the site definition's batch.host, else this machine.
    /// </summary>
    [Parameter(ParameterSetName = Joined)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NodeCompleter))]
    public string? SubmitHost { get; set; }

    /// <summary>How long the batch system may take to answer, in seconds; 0 is no limit.</summary>
    [Parameter(ParameterSetName = Joined)]
    [ValidateRange(0, 86400)]
    public int BatchTimeoutSec { get; set; } = (int)SiteBatchSystem.DefaultTimeout.TotalSeconds;

    /// <summary>Reads the records of jobs that have ended, the latest first; no node is asked.</summary>
    [Parameter(Mandatory = true, ParameterSetName = OfRecords)]
    public SwitchParameter Ended { get; set; }

    /// <summary>The earliest end.</summary>
    [Parameter(ParameterSetName = OfRecords)]
    public DateTimeOffset? Since { get; set; }

    /// <summary>The reasons; every one when none is named.</summary>
    [Parameter(ParameterSetName = OfRecords)]
    public EndReason[] Reason { get; set; } = [];

    /// <summary>
    /// Reads the phases of jobs' starts, as they were written down: of those that live, or with -Ended of the last run of those that ended.
    /// </summary>
    [Parameter(ParameterSetName = OfNodes)]
    [Parameter(ParameterSetName = OfRecords)]
    public SwitchParameter Trace { get; set; }

    /// <summary>
    /// Looks again and again until it is stopped: a table in its place on a terminal, the objects of each look in a pipeline.
    /// </summary>
    [Parameter(ParameterSetName = OfNodes)]
    [Parameter(ParameterSetName = Joined)]
    public SwitchParameter Watch { get; set; }

    /// <summary>With -Watch: the time between two looks, in seconds.</summary>
    [Parameter(ParameterSetName = OfNodes)]
    [Parameter(ParameterSetName = Joined)]
    [ValidateRange(1, 3600)]
    public int IntervalSec { get; set; } = 5;

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
        RefuseWithout(nameof(IntervalSec), nameof(Watch));
        if (_jobIds.Count == 0)
        {
            return;
        }

        if (Trace && Watch)
        {
            throw new HpcException(ErrorId.InvalidValue, "-Trace reads what is written down, and has nothing to -Watch.", nameof(Watch));
        }

        if (Trace)
        {
            await ReadTracesAsync();
        }
        else if (ParameterSetName == OfRecords)
        {
            await ReadAsync();
        }
        else if (Watch)
        {
            await WatchAsync(IntervalSec, LookAsync);
        }
        else
        {
            var (jobs, census) = await FindAsync();
            EmitAll(Shown(jobs));
            ReportMissing(jobs, census);
        }
    }

    /// <summary>Jobs that were named, and of which nothing is left on nodes that all answered, are watched no more.</summary>
    private async Task<IReadOnlyCollection<object>?> LookAsync()
    {
        var (jobs, census) = await FindAsync();
        ReportMissing(jobs, census);
        var isOver = jobs.Count == 0 && _jobIds.All(JobIdPattern.IsOne) && !_where!.Any(IsFailing);
        return isOver ? null : [.. Shown(jobs)];
    }

    private IEnumerable<object> Shown(IEnumerable<HpcJob> jobs) => AskBatchSystem ? jobs.Select(InJoinedView) : jobs;

    private async Task<(IReadOnlyList<HpcJob> Jobs, JobCensus? Census)> FindAsync()
    {
        var finder = new JobFinder(Cluster with { Failed = ReportOnce }, SitePorts);
        string[]? ids = _jobIds.All(JobIdPattern.IsOne) ? [.. _jobIds] : null;
        _where ??= [.. _jobIds.SelectMany(id => NodesOfJob(id, _nodes))];
        using var bars = Watch ? null : FollowNodes("Looking for jobs", _where.Count, Phase.FindJob);
        var found = await finder.LookAsync(ids, _where, StopToken);
        foreach (var node in found.Answered)
        {
            Answered(node);
        }

        var isWanted = JobIdPattern.AnyOf(_jobIds);
        var census = AskBatchSystem ? await FindCensusAsync() : null;
        return ([.. Join(finder, found, census, isWanted).Where(job => isWanted(job.JobId))], census);
    }

    private HashSet<string> NamedJobs() => _jobIds.Where(JobIdPattern.IsOne).ToHashSet(StringComparer.Ordinal);

    private void ReportMissing(IEnumerable<HpcJob> jobs, JobCensus? census)
    {
        foreach (var id in NamedJobs().Except(jobs.Select(job => job.JobId)).Where(_told.Add))
        {
            var standing = census?.Find(id) is { } known ? $" {SiteDefinition.Batch.System}: it is {known.State}." : "";
            ReportWithout(id, $"no lease and no container on the nodes asked.{standing}");
        }
    }

    private void ReportWithout(string jobId, string what) =>
        Report(new HpcException(ErrorId.JobNotFound, $"Job {Quote.Of(jobId)} has {what}", jobId));

    private IEnumerable<HpcJob> Join(JobFinder finder, FoundJobs found, JobCensus? census, Func<string, bool> isWanted)
    {
        if (census is null)
        {
            return found.Jobs;
        }

        var site = SiteDefinition;
        var evidence = BatchSystems.EvidenceOf(site.Batch.System);
        var comparison = new GrantComparison(found, census, evidence, site, OrphanSearch.DefaultEndedFor);
        return comparison.Jobs.Concat(comparison.Missing(isWanted, finder.FindBegun));
    }

    /// <summary>What the batch system says of all jobs; null where it does not answer, which is an error beside the jobs.</summary>
    private async Task<JobCensus?> FindCensusAsync()
    {
        try
        {
            var census = await Phase.AskBatchSystem.RunAsync(() => SiteBatchSystem.AskAsync(
                SiteDefinition,
                SiteDefinition.Batch.System,
                SubmitHost,
                BatchTimeoutSec == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(BatchTimeoutSec),
                (asked, limit) => asked.ListJobsInDetailAsync(limit),
                StopToken));
            Answered(SiteDefinition.Batch.System.ToString());
            if (census.Remark is { } remark)
            {
                WarnOnce(remark);
            }

            return census;
        }
        catch (Exception failure) when (IsFailure(failure))
        {
            ReportOnce(new NodeFailure(SiteDefinition.Batch.System.ToString(), failure));
            return null;
        }
    }

    private static PSObject InJoinedView(HpcJob job)
    {
        var shown = new PSObject(job);
        shown.TypeNames.Insert(0, JoinedView);
        return shown;
    }

    private async Task ReadAsync()
    {
        var unseen = NamedJobs();
        var count = 0;
        foreach (var job in Records())
        {
            StopToken.ThrowIfCancellationRequested();
            unseen.Remove(job.JobId);
            Emit(job);
            if (++count % RecordsAtOnce == 0)
            {
                await CaughtUpAsync();
            }
        }

        foreach (var id in Reason.Length == 0 && Since is null ? unseen : [])
        {
            ReportWithout(id, $"no record of an end in {RequiredSite.RequireRecords().Directory}.");
        }
    }

    private IEnumerable<HpcEndedJob> Records() =>
        new EndedJobReader(RequiredSite.RequireRecords(), SitePorts, Warn).Read(new EndedJobFilter
        {
            JobId = JobIdPattern.AnyOf(_jobIds),
            JobIds = _jobIds.All(JobIdPattern.IsOne) ? _jobIds : null,
            Since = Since ?? DateTimeOffset.MinValue,
            Reasons = Reason,
        });

    private async Task ReadTracesAsync()
    {
        // Who keeps no records notes nothing with a lease either.
        RequiredSite.RequireRecords();
        var nodes = NodesOf(_nodes).ToHashSet(StringComparer.Ordinal);
        var unseen = NamedJobs();
        var starts = Ended
            ? Records().DistinctBy(job => job.JobId).Select(StartTrace.Of)
            : StartTrace.NotedIn(PortArea.Of(RequiredPorts, Warn), JobIdPattern.AnyOf(_jobIds));
        foreach (var start in starts.Where(start => start.Phases.Count > 0))
        {
            StopToken.ThrowIfCancellationRequested();
            unseen.Remove(start.JobId);
            EmitAll(start.Phases.Where(phase => nodes.Count == 0 || phase.Node is null || nodes.Contains(phase.Node)));
            if (start.TracedNodes < start.Nodes)
            {
                Warn($"Of job {start.JobId}, on {Plural.Of(start.Nodes, "node")}, the {start.TracedNodes} slowest are written down.");
            }

            await CaughtUpAsync();
        }

        foreach (var id in unseen)
        {
            ReportWithout(id, $"not {(Ended ? "a record of an end" : "a lease")} with the phases of its start.");
        }
    }
}
