using System.Collections.Concurrent;
using PisaHpc.Access.Ssh;
using PisaHpc.Engines;
using PisaHpc.Ports;
using PisaHpc.Tracing;

namespace PisaHpc.Jobs;

/// <summary>
/// Takes a job off its nodes and gives its port back. What is gone already is success, so it can run any number of times.
/// </summary>
/// <param name="ports">The port area; null when the site has none.</param>
public sealed class JobStopper(Cluster cluster, PortArea? ports)
{
    private readonly JobCleanup _cleanup = new(cluster);

    /// <summary>How long to wait for a start of the job that is at it: as long as it may take to take the job back.</summary>
    public TimeSpan Patience { get; init; } = JobStarter.DefaultRollbackLimit;

    /// <summary>
    /// What <see cref="StopAsync"/> would make of a job that was found; what lies on the nodes beside containers is not known yet.
    /// </summary>
    /// <param name="unasked">Whether a node that may hold it did not answer.</param>
    public static HpcJob Predict(HpcJob job, bool unasked = false) => job with
    {
        State = StateOf(left: false, unasked && job.Nodes.Count == 0),
        Nodes = [.. job.Nodes.Select(node => node with { Container = null, State = null })],
        Changed = job.Nodes.Count > 0,
    };

    /// <summary>
    /// Stops a job. A node of it that cannot be cleaned is one of the cluster's failures; the lease is kept then, so that a later stop
    /// finds the node.
    /// </summary>
    /// <param name="request">The job, and where it is.</param>
    /// <param name="unasked">Told of each node of <see cref="JobStopRequest.Elsewhere"/> that could not be asked.</param>
    /// <returns>The job as it is now.</returns>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.JobBeingStarted"/>: another process starts or stops it, or did since it was found, and nothing was changed;
    /// <see cref="ErrorId.PortAreaUnusable"/>.
    /// </exception>
    public Task<HpcJob> StopAsync(JobStopRequest request, Action<NodeFailure> unasked, CancellationToken cancellationToken) =>
        Phase.StopJob.RunAsync(() => StopAllAsync(request, unasked, cancellationToken), job: request.Job.JobId);

    private async Task<HpcJob> StopAllAsync(JobStopRequest request, Action<NodeFailure> unasked, CancellationToken cancellationToken)
    {
        var job = request.Job;
        using var hold = await Phase.HoldLease.RunAsync(
            () => Task.Run(() => ports?.Hold(job.JobId, Patience, cancellationToken), cancellationToken));
        ThrowUnlessMeant(request, hold?.Lease);
        var directory = job.Directory.Length > 0 ? job.Directory : JobDirectory.PathOf(request.RunDirectory, job.JobId);
        var own = (request.Only ?? job.Nodes.Select(node => node.Name).Concat(request.Nodes).Concat(hold?.Lease.Nodes ?? []))
            .ToHashSet(StringComparer.Ordinal);
        var cleaned = new ConcurrentDictionary<string, bool>();
        var failures = new ConcurrentBag<string>();
        await (cluster with { Failed = Fail }).OnEachAsync(
            own.Union(request.Elsewhere),
            async (node, stopping) =>
            {
                if (hold is null)
                {
                    // Without a lease there was no lock to take.
                    ThrowUnlessMeant(request, ports?.Find(job.JobId));
                }

                cleaned[node] = await _cleanup.CleanAsync(node, job.JobId, directory, request.Grace, stopping);
            },
            cancellationToken,
            phase: Phase.StopOnNode);
        var left = failures.Any(own.Contains);
        var released = !left && request.Only is null && hold?.Release() is { Changed: true };
        var changed = released || cleaned.Values.Any(changed => changed);
        return job with
        {
            State = StateOf(left, notFound: !failures.IsEmpty && own.Count == 0 && !changed),
            Nodes = [.. job.Nodes.Select(node => cleaned.ContainsKey(node.Name) ? node with { Container = null, State = null } : node)],
            Changed = changed,
        };

        void Fail(NodeFailure failure)
        {
            failures.Add(failure.Node);
            (own.Contains(failure.Node) ? cluster.Failed : unasked)(failure);
        }
    }

    private static void ThrowUnlessMeant(JobStopRequest request, JobPort? lease)
    {
        if (!request.IsMeant(lease))
        {
            throw new HpcException(
                ErrorId.JobBeingStarted, $"Job {request.Job.JobId} was started again since it was looked at.", request.Job.JobId);
        }
    }

    private static string StateOf(bool left, bool notFound) =>
        left ? nameof(JobState.Leftover) : notFound ? nameof(JobState.NotFound) : nameof(JobState.Stopped);
}

/// <summary>What a <see cref="JobStopper"/> is asked to take away.</summary>
public sealed record JobStopRequest
{
    /// <summary>The job as <see cref="JobFinder"/> found it.</summary>
    public required HpcJob Job { get; init; }

    /// <summary>Nodes that are the job's beside those that it names itself: each of them has to be cleaned.</summary>
    public IReadOnlyCollection<string> Nodes { get; init; } = [];

    /// <summary>
    /// Nodes that nothing names as the job's: they are cleaned too, since the job may be anywhere, but one that does not answer is no sign
    /// that something of the job is left.
    /// </summary>
    public IReadOnlyCollection<string> Elsewhere { get; init; } = [];

    /// <summary>Those of <see cref="Elsewhere"/> that did not answer when the job was looked for.</summary>
    public IReadOnlyList<NodeFailure> Silent { get; init; } = [];

    /// <summary>
    /// The only nodes to clean: the job's others, and its lease, are left as they are. Null for all of the job.
    /// </summary>
    public IReadOnlyCollection<string>? Only { get; init; }

    /// <summary>
    /// Whether the job, with the lease that it has now, is still the one that was to be stopped; null is one without a lease. It is asked
    /// when nobody else can start or stop the job any more, and before anything is changed.
    /// </summary>
    public Func<JobPort?, bool> IsMeant { get; init; } = _ => true;

    /// <summary>Where jobs' directories are on each node.</summary>
    public required string RunDirectory { get; init; }

    /// <summary>How long a container may take after TERM.</summary>
    public TimeSpan Grace { get; init; }
}
