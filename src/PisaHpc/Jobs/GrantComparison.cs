using PisaHpc.Batch;
using PisaHpc.Engines;
using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.Jobs;

/// <summary>
/// Joins what nodes have of jobs with what the batch system says of them. It was asked after the nodes, so that whatever was found was
/// granted before. It is a view: what is taken away, <see cref="Orphans.OrphanJudge"/> judges by more.
/// </summary>
/// <param name="found">What the nodes have.</param>
/// <param name="census">What the batch system says.</param>
/// <param name="evidence">What ids it gives.</param>
/// <param name="site">The site, whose batch system it is.</param>
/// <param name="endedFor">How long a job must have ended before what is left of it is an orphan.</param>
internal sealed class GrantComparison(FoundJobs found, JobCensus census, IJobEvidence evidence, HpcSite site, TimeSpan endedFor)
{
    private readonly Dictionary<string, bool> _answered = new(StringComparer.Ordinal);

    private readonly bool _isShared = found.Jobs.Any(job => job.Origin?.Clusters.Any(cluster => cluster != census.Cluster) == true);

    /// <summary>The jobs that were found, each with what the batch system says of it.</summary>
    public IEnumerable<HpcJob> Jobs => found.Jobs.Select(Compare);

    /// <summary>
    /// The jobs that the batch system runs with an environment on nodes that were asked, and of which nothing was found. One that somebody
    /// has begun to start since is not among them.
    /// </summary>
    /// <param name="isMeant">Whether a job is looked for.</param>
    /// <param name="begun">What was begun of a job since; null for nothing.</param>
    public IEnumerable<HpcJob> Missing(Func<string, bool> isMeant, Func<string, HpcJob?> begun)
    {
        var known = found.Jobs.SelectMany(job => (census.Find(job.JobId)?.RunsAs ?? []).Append(job.JobId))
            .ToHashSet(StringComparer.Ordinal);
        foreach (var id in census.Running.Where(id => !known.Contains(id) && isMeant(id)))
        {
            if (census.Find(id) is { Submission: { } submission } standing
                && RequestedEnvironment.Of(submission, site) is { } environment
                && standing.Nodes.Any(HasAnswered))
            {
                yield return begun(id) is { } started
                    ? started with { BatchState = standing.State, Queue = submission.Queue }
                    : MissingJob(id, standing, submission, environment);
            }
        }
    }

    private HpcJob MissingJob(string id, JobStanding standing, JobSubmission submission, string environment)
    {
        var isWhole = standing.Nodes.All(HasAnswered);
        return HpcJob.None(id) with
        {
            State = (isWhole ? JobState.Missing : JobState.NotFound).ToString(),
            Environment = environment,
            Owner = submission.Owner,
            Nodes = [.. standing.Nodes.Select(node => new HpcJobNode(node, 0, null, null))],
            BatchState = standing.State,
            Queue = submission.Queue,
            Mismatch = isWhole ? nameof(JobMismatch.NoContainer) : null,
            NodesWithoutContainer = [.. standing.Nodes.Where(HasAnswered)],
            NodesNotGranted = [],
        };
    }

    private HpcJob Compare(HpcJob job)
    {
        if (!IsGranted(job))
        {
            return job;
        }

        var isBusy = job.State == nameof(JobState.Starting);
        if (census.Find(job.JobId) is not { } standing)
        {
            var isNew = job.Origin?.NewestAt is { } made && census.Time - made < endedFor;
            return job with { BatchState = HpcJob.UnknownToBatch, Mismatch = OrphanUnless(isBusy || isNew) };
        }

        var told = job with { BatchState = standing.State, Queue = standing.Submission?.Queue };
        return standing.EndedAt is { } end ? told with { Mismatch = OrphanUnless(isBusy || census.Time - end < endedFor) }
            : isBusy || standing.Nodes.Count == 0 ? told
            : CompareNodes(told, standing.Nodes);
    }

    private static string? OrphanUnless(bool isNone) => isNone ? null : nameof(JobMismatch.Orphan);

    /// <summary>A granted node that the site calls otherwise would seem to be another node: then nothing is said of strange ones.</summary>
    private HpcJob CompareNodes(HpcJob job, IReadOnlyList<string> granted)
    {
        string[] without =
        [
            .. granted.Where(HasAnswered)
                .Where(node => !job.Nodes.Any(one => Lives(one) && ThisMachine.AreOne(one.Name, node)))
        ];
        string[]? strange = granted.All(HasAnswered)
            ? [.. job.Nodes.Where(node => node.Container is not null && !IsAmong(granted, node.Name)).Select(node => node.Name)]
            : null;
        return job with
        {
            NodesWithoutContainer = without,
            NodesNotGranted = strange,
            Mismatch = strange is { Length: > 0 } ? nameof(JobMismatch.OtherNodes)
                : without.Length > 0 ? nameof(JobMismatch.NoContainer)
                : null,
        };
    }

    /// <summary>Whether the batch system that answered granted a job, as far as anything tells.</summary>
    private bool IsGranted(HpcJob job) =>
        evidence.IsJobId(job.JobId)
        && census.IsAbout(job.JobId)
        && job.Origin is { } origin
        && origin.Schedulers.All(granted => granted == site.Batch.System.ToString())
        && origin.Clusters.All(cluster => cluster == census.Cluster)
        && (origin.Clusters.Count > 0 || !_isShared);

    private bool HasAnswered(string node) =>
        _answered.TryGetValue(node, out var has) ? has : _answered[node] = IsAmong(found.Answered, node);

    private static bool Lives(HpcJobNode node) =>
        node.State is nameof(ContainerState.Running) or nameof(ContainerState.Paused) or nameof(ContainerState.Restarting);

    private static bool IsAmong(IEnumerable<string> nodes, string node) => nodes.Any(one => ThisMachine.AreOne(one, node));
}
