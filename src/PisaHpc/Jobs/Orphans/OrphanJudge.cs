using System.Globalization;
using PisaHpc.Batch;
using PisaHpc.Containers;
using PisaHpc.HostLists;
using PisaHpc.Nodes;

namespace PisaHpc.Jobs.Orphans;

/// <summary>Whether what was found of a job is an orphan. Pure; what is not certain is none.</summary>
/// <param name="system">The site's batch system.</param>
/// <param name="endedFor">How long a job must have ended.</param>
/// <param name="survey">The nodes that were asked.</param>
internal sealed class OrphanJudge(Scheduler system, TimeSpan endedFor, OrphanSurvey survey)
{
    /// <summary>Whether the nodes themselves say all there is to say: the batch system runs the job wherever something of it is.</summary>
    public static bool RunsWhereverItIs(JobTraces job) => job.RunsOn.Count > 0 && job.Places.All(job.RunsOn.Contains);

    /// <summary>Whether a job is another cluster's, or may be: an id means something only with its cluster.</summary>
    /// <param name="cluster">The cluster that answered; null where it has no name.</param>
    /// <param name="isShared">Whether jobs of other clusters were found too: then one that names none may be any's.</param>
    /// <returns>What to say of it; null for a job that the answer is about.</returns>
    public static string? OfOtherCluster(JobTraces job, string? cluster, bool isShared) =>
        job.Clusters.FirstOrDefault(one => one != cluster) is { } other
            ? $"is of cluster {Quote.Name(other)}, not of {(cluster is null ? "one without a name" : Quote.Name(cluster))}"
        : isShared && job.Clusters.Count == 0 ? "names no cluster, where jobs of several were found"
        : null;

    /// <summary>Judges a job by what the batch system knows.</summary>
    public Verdict Judge(JobTraces job, JobCensus census)
    {
        if (census.Find(job.JobId) is not { } standing)
        {
            return JudgeUnknown(job, census);
        }

        if (standing.EndedAt is not { } end)
        {
            return JudgeNodes(job, standing);
        }

        var since = end.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        return job.RunsOn.Count > 0 ? Verdict.Lives($"runs on {HostList.Fold(job.RunsOn)}, though it is {standing.State} since {since}")
            : IsYoung(job, census) ? Verdict.Lives($"is {standing.State} since {since}, and what is there of it was made just now")
            : census.Time - end < endedFor ? Verdict.Lives($"is {standing.State} since {since}, which is not long enough")
            : Verdict.Whole(OrphanReason.Ended, $"{system}: {standing.State} since {since}") with
            {
                End = new BatchEnd { Outcome = standing.Outcome ?? BatchOutcome.Unknown, State = standing.State },
            };
    }

    /// <summary>
    /// What it does not know ended long ago, or came since. A node that does not say may run it, and is the one to know.
    /// </summary>
    private Verdict JudgeUnknown(JobTraces job, JobCensus census) =>
        job.RunsOn.Count > 0 ? Verdict.Lives($"runs on {HostList.Fold(job.RunsOn)}, though {system} does not know it")
        : !survey.HasTold(job) ? Verdict.Lives($"is not known to {system}, and a node of it does not say whether it runs there")
        : IsYoung(job, census)
            ? Verdict.Lives($"is not known to {system}, and what is there of it was made just now")
        : Verdict.Whole(OrphanReason.Unknown, $"{system} does not know it");

    /// <summary>Whether something of it was made a moment ago. An end that is told may be of an earlier run, or of another zone.</summary>
    private bool IsYoung(JobTraces job, JobCensus census) => job.NewestAt is { } made && census.Time - made < endedFor;

    /// <summary>
    /// What a job that runs has elsewhere is of an earlier run. Only where all of its nodes are known by the names that the site gives
    /// them: a node of another name would seem to be another node.
    /// </summary>
    private Verdict JudgeNodes(JobTraces job, JobStanding standing)
    {
        string[] asked = [.. survey.Nodes.Select(node => node.Node)];
        var isKnown = standing.Nodes.Count > 0 && standing.Nodes.All(node => IsAmong(asked, node));
        string[] elsewhere = [.. job.Places.Where(place => isKnown && !job.RunsOn.Contains(place) && !IsItsNode(job, place, standing))];
        return elsewhere.Length > 0
            ? new Verdict(OrphanReason.OtherNodes, $"{system}: {standing.State} on {HostList.Fold(standing.Nodes)}", elsewhere)
            : Verdict.Lives($"is {standing.State}");
    }

    /// <summary>By the node's name, and by the name under which the job knew it.</summary>
    private static bool IsItsNode(JobTraces job, string place, JobStanding standing) =>
        IsAmong(standing.Nodes, place)
        || job.Containers.Where(found => found.Node == place)
            .Select(found => found.Container.Labels.GetValueOrDefault(ContainerLabels.Node))
            .Any(name => name is null || IsAmong(standing.Nodes, name));

    private static bool IsAmong(IReadOnlyCollection<string> nodes, string node) => nodes.Any(one => ThisMachine.AreOne(one, node));
}

/// <summary>What is to become of what was found of a job.</summary>
/// <param name="Reason">Why it is an orphan; null when it is none.</param>
/// <param name="Why">What says so.</param>
/// <param name="Only">The nodes where it is one; null for all of the job.</param>
internal sealed record Verdict(OrphanReason? Reason, string Why, IReadOnlyCollection<string>? Only)
{
    /// <summary>How the batch system says that the job ended; null where it does not.</summary>
    public BatchEnd? End { get; init; }

    /// <summary>It stays.</summary>
    public static Verdict Lives(string why) => new(null, why, null);

    /// <summary>All of the job is an orphan.</summary>
    public static Verdict Whole(OrphanReason reason, string why) => new(reason, why, null);
}
