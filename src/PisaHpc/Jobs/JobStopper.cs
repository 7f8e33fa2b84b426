using System.Collections.Concurrent;
using PisaHpc.Access.Ssh;
using PisaHpc.Batch;
using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Jobs.Records;
using PisaHpc.Ports;
using PisaHpc.Tracing;

namespace PisaHpc.Jobs;

/// <summary>
/// Takes a job off its nodes and gives its port back. What is gone already is success, so it can run any number of times.
/// </summary>
/// <param name="ports">The port area; null when the site has none.</param>
public sealed class JobStopper(Cluster cluster, PortArea? ports)
{
    /// <summary>How long to wait for a start of the job that is at it: as long as it may take to take the job back.</summary>
    public TimeSpan Patience { get; init; } = JobStarter.DefaultRollbackLimit;

    /// <summary>Writes down how the job ended; null where no records are kept.</summary>
    public JobRecorder? Recorder { get; init; }

    /// <summary>Told what was there, where it is stopped since the work in it was interrupted.</summary>
    internal TakenBack TakenBack { get; init; } = TakenBack.Untold;

    /// <summary>
    /// What <see cref="StopAsync"/> would make of a job that was found; what lies on the nodes beside containers is not known yet.
    /// </summary>
    /// <param name="unasked">Whether a node that may hold it did not answer.</param>
    public static HpcJob Predict(HpcJob job, bool unasked = false) => job with
    {
        State = StateOf(left: false, unasked && job.Nodes.Count == 0),
        Nodes = [.. job.Nodes.Select(node => node with { Container = null, State = null })],
        Changed = job.Nodes.Count > 0 || job.Port > 0,
    };

    /// <summary>
    /// Stops a job. A node of it that cannot be cleaned is one of the cluster's failures; the lease is kept then, so that a later stop
    /// finds the node.
    /// </summary>
    /// <param name="request">The job, and where it is.</param>
    /// <param name="unasked">Told of each node of <see cref="JobStopRequest.Elsewhere"/> that could not be asked.</param>
    /// <returns>The job as it is now.</returns>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.JobBeingStarted"/>: another process starts or stops it, and nothing was changed;
    /// <see cref="ErrorId.PortAreaUnusable"/>; <see cref="ErrorId.JobOfAnotherUser"/>.
    /// </exception>
    public Task<HpcJob> StopAsync(JobStopRequest request, Action<NodeFailure> unasked, CancellationToken cancellationToken) =>
        Phase.StopJob.RunAsync(() => StopAllAsync(request, unasked, cancellationToken), job: request.Job.JobId);

    private async Task<HpcJob> StopAllAsync(JobStopRequest request, Action<NodeFailure> unasked, CancellationToken cancellationToken)
    {
        var job = request.Job;
        var record = Recorder is null ? null : new StopRecord(Recorder, job.JobId, cluster.Nodes)
        {
            End = request.End,
            AskEnd = request.AskEnd,
        };
        using var hold = await Phase.HoldLease.RunAsync(
            () => Task.Run(() => ports?.Hold(job.JobId, Patience, cancellationToken), cancellationToken));
        JobOwnership.Require(job.JobId, request.ForUser, hold?.Lease);
        if (request.Lease is { } meant && (meant.Port, meant.LeasedAt) != (hold?.Lease.Port, hold?.Lease.LeasedAt))
        {
            return job with { State = StateOf(left: false, notFound: false), Changed = false };
        }

        var cleanup = new JobCleanup(cluster) { Owner = request.ForUser, TakenBack = TakenBack };
        var directory = job.Directory.Length > 0 ? job.Directory : JobDirectory.PathOf(request.RunDirectory, job.JobId);
        var own = job.Nodes.Select(node => node.Name)
            .Concat(request.Nodes)
            .Concat(hold?.Lease.Nodes ?? [])
            .ToHashSet(StringComparer.Ordinal);
        var cleaned = new ConcurrentDictionary<string, bool>();
        var failures = new ConcurrentBag<string>();
        record?.Ask(cancellationToken);
        await (cluster with { Failed = Fail }).OnEachAsync(
            own.Union(request.Elsewhere),
            async (node, stopping) => cleaned[node] = await CleanAsync(node, stopping),
            cancellationToken,
            phase: Phase.StopOnNode);

        // Before the lease goes, by which a stop that was killed here would be known for one.
        await (record?.WriteAsync(hold) ?? Task.CompletedTask);
        var left = failures.Any(own.Contains);
        var released = !left && hold?.Release() is { Changed: true };
        if (released)
        {
            TakenBack.AddPort(WorkloadId.Job(job.JobId).ToString());
        }

        var changed = released || cleaned.Values.Any(changed => changed);
        return job with
        {
            State = StateOf(left, notFound: !failures.IsEmpty && own.Count == 0 && !changed),
            Nodes = [.. job.Nodes.Select(node => cleaned.ContainsKey(node.Name) ? node with { Container = null, State = null } : node)],
            Changed = changed,
        };

        Task<bool> CleanAsync(string node, CancellationToken stopping)
        {
            var cleaning = () => cleanup.CleanAsync(node, job.JobId, directory, request.Grace, stopping, record?.Evidence);
            return record?.Clock.MeasureAsync(Phase.StopOnNode, cleaning, node) ?? cleaning();
        }

        void Fail(NodeFailure failure)
        {
            failures.Add(failure.Node);
            if (own.Contains(failure.Node))
            {
                record?.Failed(failure);
                cluster.Failed(failure);
            }
            else
            {
                unasked(failure);
            }
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

    /// <summary>The lease of the run that is meant: where the job has another by now, or none, nothing is done. Null: whichever.</summary>
    public JobPort? Lease { get; init; }

    /// <summary>Nodes that are the job's beside those that it names itself: each of them has to be cleaned.</summary>
    public IReadOnlyCollection<string> Nodes { get; init; } = [];

    /// <summary>
    /// Nodes that nothing names as the job's: they are cleaned too, since the job may be anywhere, but one that does not answer is no sign
    /// that something of the job is left.
    /// </summary>
    public IReadOnlyCollection<string> Elsewhere { get; init; } = [];

    /// <summary>Those of <see cref="Elsewhere"/> that did not answer when the job was looked for.</summary>
    public IReadOnlyList<NodeFailure> Silent { get; init; } = [];

    /// <summary>Where jobs' directories are on each node.</summary>
    public required string RunDirectory { get; init; }

    /// <summary>The user for whom alone the job is stopped, by login name; null for whoever's it is.</summary>
    public string? ForUser { get; init; }

    /// <summary>How long a container may take after TERM.</summary>
    public TimeSpan Grace { get; init; }

    /// <summary>What the batch system told whoever stops the job, for its record; null for nothing.</summary>
    public BatchEnd? End { get; init; }

    /// <summary>
    /// Asks the batch system how the job ended, for its record; null where it is not to be asked. That it does not answer keeps nobody from
    /// stopping the job: it has a deadline of its own.
    /// </summary>
    public Func<CancellationToken, Task<BatchEnd?>>? AskEnd { get; init; }
}
