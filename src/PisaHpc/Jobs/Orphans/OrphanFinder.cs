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
    private readonly OrphanSurvey _survey = new(cluster, search);
    private readonly List<LeftJob> _left = [];
    private readonly List<string> _strays = [];
    private readonly List<(JobTraces Job, Verdict Verdict)> _orphans = [];

    /// <summary>
    /// Finds them; nothing is changed. A node that does not answer is one of the cluster's failures where a job names it.
    /// </summary>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.BatchSystemFailed"/>: jobs are in question, and the batch system did not say which of them live;
    /// <see cref="ErrorId.PortAreaMissing"/>.
    /// </exception>
    public async Task<OrphanFindings> FindAsync(CancellationToken cancellationToken)
    {
        JobPort[] all = [.. (ports?.List() ?? []).Where(lease => lease.Host is not null && search.IsMeant(lease.JobId))];
        JobPort[] leases = [.. all.Where(lease => search.IsWholeSite || lease.Nodes.Intersect(search.Nodes).Any())];

        // Before the nodes are asked: of a job whose start ends in between, the batch system is asked afterwards.
        var busy = all.Where(lease => ports!.IsBusy(lease)).Select(lease => lease.JobId).ToHashSet(StringComparer.Ordinal);
        var jobs = await _survey.ReadAsync(leases, [.. all.Except(leases)], cancellationToken);
        var asleep = _survey.TellFailures(jobs);
        JobTraces[] idle = [.. jobs.Where(job => !busy.Contains(job.JobId))];
        Leave(jobs.Except(idle), "is being started or stopped");
        JobTraces[] strange = [.. idle.Where(IsStrange)];
        JudgeStrange(strange);
        JobTraces[] granted = [.. idle.Except(strange)];
        JobTraces[] inQuestion = [.. granted.Where(job => !OrphanJudge.RunsWhereverItIs(job))];
        Leave(granted.Except(inQuestion), "runs, as its nodes say");
        var census = inQuestion.Length > 0 ? await AskAsync(inQuestion.Length, cancellationToken) : null;
        if (census is not null)
        {
            JudgeGranted(inQuestion, idle, census);
        }

        Leave(NotFound(jobs), "was not found: nothing of it is there");
        return new OrphanFindings(
            [
                .. _orphans.OrderBy(one => _survey.HasFailed(one.Job)).ThenBy(one => one.Job.JobId, StringComparer.Ordinal)
                    .Select(one => FoundOrphan.Of(one.Job, one.Verdict, search.RunDirectory) with { Records = RecordsOf(one.Job) })
            ],
            [.. _left.OrderBy(job => job.JobId, StringComparer.Ordinal)])
        {
            Asleep = asleep,
            Remark = census?.Remark,
            Strays = [.. _strays],
        };
    }

    /// <summary>A job of another batch system may have the id of a job of the site's that lives.</summary>
    private IReadOnlyList<(string Node, HookRecord Record)> RecordsOf(JobTraces job) => IsStrange(job) ? [] :
    [
        .. _survey.Nodes.SelectMany(node => node.Records.Where(record => record.IsOf(search.System, job.RunsAs))
            .Select(record => (node.Node, record))),
    ];

    private void Leave(IEnumerable<JobTraces> jobs, string why) => _left.AddRange(jobs.Select(job => new LeftJob(job.JobId, why)));

    private IEnumerable<JobTraces> NotFound(IEnumerable<JobTraces> jobs) => !search.IsByName ? [] :
        search.JobIds!.Except(jobs.Select(job => job.JobId)).Select(id => new JobTraces(id)
        {
            Containers = [],
            Directories = [],
            RunsOn = new HashSet<string>(),
        });

    /// <summary>Of no batch system, nobody can say whether a job lives: it goes where it is named and none of it runs.</summary>
    private void JudgeStrange(IEnumerable<JobTraces> jobs)
    {
        foreach (var job in jobs)
        {
            var runs = job.RunsOn.Count > 0 || job.HasRunningContainer;
            if (job.Schedulers.Count > 1 || runs || !search.IsByName)
            {
                _left.Add(new LeftJob(job.JobId, WordsFor(job) + (runs ? ", and a container of it runs" : ""), IsUnjudged: true)
                {
                    GoesByName = !runs && job.Schedulers.Count <= 1,
                });
            }
            else
            {
                _orphans.Add((job, Verdict.Whole(OrphanReason.Named, $"no job of {search.System}, and named")));
            }
        }
    }

    private string WordsFor(JobTraces job) =>
        job.Schedulers.Count > 1 ? "has one id with another: it is a job of " + string.Join(" and of ", job.Schedulers)
        : job.Schedulers is [] or [nameof(Scheduler.Manual)] ? "is no batch system's"
        : $"is a job of {job.Schedulers[0]}, not of {search.System}";

    private void JudgeGranted(IEnumerable<JobTraces> inQuestion, IReadOnlyCollection<JobTraces> all, JobCensus census)
    {
        var isShared = all.Any(job => job.Clusters.Any(cluster => cluster != census.Cluster));
        var judge = new OrphanJudge(search.System, search.EndedFor, _survey);
        foreach (var found in inQuestion)
        {
            var job = found.Named(census.Find(found.JobId)?.RunsAs ?? [], _survey.Nodes);
            if (!census.IsAbout(job.JobId))
            {
                _left.Add(new LeftJob(job.JobId, $"is of a scheduler of {search.System}'s that was not asked", IsUnjudged: true));
                continue;
            }

            if (OrphanJudge.OfOtherCluster(job, census.Cluster, isShared) is { } words)
            {
                _left.Add(new LeftJob(job.JobId, words, IsUnjudged: true));
                continue;
            }

            var verdict = judge.Judge(job, census);
            if (verdict.Reason is null)
            {
                _left.Add(new LeftJob(job.JobId, verdict.Why));
            }
            else
            {
                _orphans.Add((job, verdict));
            }
        }
    }

    /// <summary>Whatever goes wrong with the question, nobody knows which jobs live: it is one error, and everything is left.</summary>
    private async Task<JobCensus> AskAsync(int count, CancellationToken cancellationToken)
    {
        try
        {
            var census = await Phase.AskBatchSystem.RunAsync(() => search.AskAsync(cancellationToken));
            RequireOwn(census);
            return census;
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
                failure)
            {
                IsLasting = failure.IsLasting || failure.Id is ErrorId.PlatformNotSupported,
            };
        }
    }

    /// <summary>
    /// What runs on a node is known to whoever granted it. A batch system that does not know it speaks for other jobs, or has lost its own.
    /// A process that is not the batch system's says that of nobody but its own job: whose it is may keep it for as long as he likes.
    /// </summary>
    private void RequireOwn(JobCensus census)
    {
        var strange = _survey.Nodes
            .SelectMany(one => one.Running.OrderBy(job => job.JobId, StringComparer.Ordinal).Select(job => (one.Node, Job: job)))
            .Where(one => IsOfOther(one.Job, census)
                || (census.IsAbout(one.Job.JobId) && census.Find(one.Job.JobId) is null));
        foreach (var (node, job) in strange)
        {
            var name = census.Cluster is { } own ? $" {Quote.Name(own)}" : "";
            var whose = IsOfOther(job, census)
                ? $"job {job.JobId} of cluster {Quote.Name(job.Cluster!)}, and {search.System}{name} answers"
                : $"job {job.JobId}, which {search.System}{name} does not know";
            if (job.IsCertain)
            {
                throw new HpcException(
                    ErrorId.BatchSystemFailed,
                    $"{node} runs something of {whose}: its answer is of another cluster, or not whole.",
                    node,
                    $"See whose job it is: ssh {node} ps -e -o pid,lstart,args.");
            }

            _strays.Add($"{node} has processes of {whose}, and none of {search.System}'s own is among them: that job is left as it is");
        }
    }

    private static bool IsOfOther(RunningJob job, JobCensus census) => job.Cluster is { } cluster && cluster != census.Cluster;

    /// <summary>Whether the site's batch system cannot know the job, or not it alone.</summary>
    private bool IsStrange(JobTraces job) =>
        !search.Evidence.IsJobId(job.JobId) || job.Schedulers.Any(granted => granted != search.System.ToString());
}
