using System.Collections.Concurrent;
using PisaHpc.Batch;
using PisaHpc.Engines;
using PisaHpc.Ports;
using PisaHpc.Tracing;

namespace PisaHpc.Jobs.Orphans;

/// <summary>
/// Finds what jobs left whose run is over. First what the nodes and the port area have, then what the nodes' own processes say of those
/// jobs, and at last, once for all that are still in question, what the batch system knows: so each job was submitted before it is asked.
/// </summary>
/// <param name="ports">The port area; null when the site has none.</param>
internal sealed class OrphanFinder(Cluster cluster, PortArea? ports, OrphanSearch search)
{
    private readonly ConcurrentDictionary<string, NodeTraces> _nodes = new(StringComparer.Ordinal);

    /// <summary>Finds them; nothing is changed. A node that does not answer is one of the cluster's failures.</summary>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.BatchSystemFailed"/>: jobs are in question, and the batch system did not say which of them live;
    /// <see cref="ErrorId.PortAreaMissing"/>.
    /// </exception>
    public async Task<OrphanFindings> FindAsync(CancellationToken cancellationToken)
    {
        var leases = Leases();

        // Before the nodes are asked: of a job whose start ends in between, the batch system is asked afterwards.
        var busy = leases.Where(lease => ports!.IsBusy(lease)).Select(lease => lease.JobId).ToHashSet(StringComparer.Ordinal);
        var jobs = await ReadAsync(leases, cancellationToken);
        var left = jobs.Where(job => busy.Contains(job.JobId))
            .Select(job => new LeftJob(job.JobId, "is being started or stopped"))
            .ToList();
        JobTraces[] idle = [.. jobs.Where(job => !busy.Contains(job.JobId))];
        JobTraces[] strange = [.. idle.Where(IsStrange)];
        left.AddRange(strange.Except(Named(strange)).Select(Unjudged));
        left.AddRange(Named(strange).Where(job => job.RunsOn.Count > 0).Select(job => new LeftJob(job.JobId, "runs, as its nodes say")));
        var orphans = Named(strange).Where(job => job.RunsOn.Count == 0)
            .Select(job => Orphan(job, Verdict.Whole(OrphanReason.Named, $"no job of {search.System}, and named")))
            .ToList();

        JobTraces[] granted = [.. idle.Except(strange)];
        JobTraces[] inQuestion = [.. granted.Where(job => !OrphanJudge.RunsWhereverItIs(job))];
        left.AddRange(granted.Except(inQuestion).Select(job => new LeftJob(job.JobId, "runs, as its nodes say")));
        if (inQuestion.Length > 0)
        {
            var census = await AskAsync(inQuestion.Length, cancellationToken);
            var judge = new OrphanJudge(search.System, search.EndedFor, [.. _nodes.Keys]);
            foreach (var (job, verdict) in inQuestion.Select(job => (job, judge.Judge(job, census))))
            {
                if (verdict.Reason is null)
                {
                    left.Add(new LeftJob(job.JobId, verdict.Why));
                }
                else
                {
                    orphans.Add(Orphan(job, verdict));
                }
            }
        }

        return new OrphanFindings(
            [.. orphans.OrderBy(found => found.Orphan.JobId, StringComparer.Ordinal)],
            [.. left.OrderBy(job => job.JobId, StringComparer.Ordinal)]);
    }

    /// <summary>The leases that the module took. A bare link is a script's, whose job may have whatever it made itself.</summary>
    private List<JobPort> Leases() =>
    [
        .. (ports?.List() ?? []).Where(lease => lease.Host is not null && IsMeant(lease.JobId))
            .Where(lease => search.IsWholeSite || lease.Nodes.Intersect(search.Nodes).Any())
    ];

    /// <summary>Reads the nodes, then those that what was found there names.</summary>
    private async Task<IReadOnlyList<JobTraces>> ReadAsync(List<JobPort> leases, CancellationToken cancellationToken)
    {
        var asked = new HashSet<string>(StringComparer.Ordinal);
        IReadOnlyList<JobTraces> jobs = [];
        for (string[] next = [.. search.Nodes.Union(leases.SelectMany(lease => lease.Nodes))]; next.Length > 0;)
        {
            asked.UnionWith(next);
            await cluster.OnEachAsync(next, ReadNodeAsync, cancellationToken, phase: Phase.FindJob);
            NodeTraces[] read = [.. _nodes.Values.OrderBy(node => node.Node, StringComparer.Ordinal)];
            jobs = [.. JobTraces.Of(leases, read, search.Evidence.IsJobId).Where(job => IsMeant(job.JobId))];
            next = [.. jobs.SelectMany(job => job.NamedNodes).Distinct(StringComparer.Ordinal).Except(asked)];
        }

        return jobs;
    }

    private Task ReadNodeAsync(string node, CancellationToken cancellationToken) =>
        _nodes.GetOrAdd(node, name => new NodeTraces(name)).ReadAsync(cluster, search.RunDirectory, search.Evidence, cancellationToken);

    /// <summary>Whatever goes wrong with the question, nobody knows which jobs live: it is one error, and everything is left.</summary>
    private async Task<JobCensus> AskAsync(int count, CancellationToken cancellationToken)
    {
        try
        {
            return await Phase.AskBatchSystem.RunAsync(() => search.AskAsync(cancellationToken));
        }
        catch (HpcException failure)
        {
            throw new HpcException(
                ErrorId.BatchSystemFailed,
                $"{search.System} did not say which of {Plural.Of(count, "job")} live, and all of them were left as they are: "
                + failure.Message,
                failure.Target,
                failure.InnerException is OperationCanceledException
                    ? "Allow it more time with -BatchTimeoutSec; 0 is no limit."
                    : failure.RecommendedAction,
                failure);
        }
    }

    private bool IsMeant(string jobId) => search.JobIds is null || search.JobIds.Contains(jobId);

    private IEnumerable<JobTraces> Named(IEnumerable<JobTraces> jobs) => jobs.Where(job => search.JobIds?.Contains(job.JobId) == true);

    /// <summary>Whether the site's batch system cannot know the job.</summary>
    private bool IsStrange(JobTraces job) =>
        !search.Evidence.IsJobId(job.JobId) || (job.Scheduler is { } granted && granted != search.System.ToString());

    private LeftJob Unjudged(JobTraces job) => new(
        job.JobId,
        job.Scheduler is nameof(Scheduler.Manual) or null ? "is no batch system's" : $"is a job of {job.Scheduler}, not of {search.System}",
        IsUnjudged: true);

    private FoundOrphan Orphan(JobTraces job, Verdict verdict) => FoundOrphan.Of(job, verdict, search.RunDirectory);
}

/// <summary>What orphans are looked for, where, and who is asked.</summary>
internal sealed record OrphanSearch
{
    /// <summary>How long a job must have ended when nobody says: epilogs and the last of its processes have had their time.</summary>
    public static TimeSpan DefaultEndedFor { get; } = TimeSpan.FromSeconds(120);

    /// <summary>The site's batch system.</summary>
    public required Scheduler System { get; init; }

    /// <summary>What nodes show of its jobs.</summary>
    public required IJobEvidence Evidence { get; init; }

    /// <summary>Asks it for all of its jobs, within a time.</summary>
    public required Func<CancellationToken, Task<JobCensus>> AskAsync { get; init; }

    /// <summary>Where jobs' directories are on each node.</summary>
    public required string RunDirectory { get; init; }

    /// <summary>The nodes to look on.</summary>
    public required IReadOnlyCollection<string> Nodes { get; init; }

    /// <summary>Whether those are all of the site's: then every lease counts, else those that name one of them.</summary>
    public bool IsWholeSite { get; init; } = true;

    /// <summary>The jobs to look for; null for every job.</summary>
    public IReadOnlySet<string>? JobIds { get; init; }

    /// <summary>How long a job must have ended.</summary>
    public TimeSpan EndedFor { get; init; } = DefaultEndedFor;
}
