using System.Collections.Concurrent;
using PisaHpc.Access.Ssh;
using PisaHpc.Engines;
using PisaHpc.Nodes;
using PisaHpc.Ports;

namespace PisaHpc.Jobs;

/// <summary>
/// Takes a job off its nodes and gives its port back. What is gone already is success, so it can run any number of times.
/// </summary>
/// <param name="ports">The port area; null when the site has none.</param>
/// <param name="progress">Told of each node.</param>
public sealed class JobStopper(INodeConnector nodes, IEngineConnector engines, PortArea? ports, IProgress<JobStep> progress)
{
    private readonly JobCleanup _cleanup = new(nodes, engines);

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

    /// <summary>Stops a job.</summary>
    /// <param name="request">The job, and where it is.</param>
    /// <param name="failed">
    /// Told of each node of the job that could not be cleaned; the lease is kept then, so that a later stop finds the node.
    /// </param>
    /// <param name="unasked">Told of each node of <see cref="JobStopRequest.Elsewhere"/> that could not be asked.</param>
    /// <returns>The job as it is now.</returns>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.JobBeingStarted"/>: another process starts or stops it, and nothing was changed;
    /// <see cref="ErrorId.PortAreaUnusable"/>.
    /// </exception>
    public async Task<HpcJob> StopAsync(
        JobStopRequest request, Action<string, Exception> failed, Action<string, Exception> unasked, CancellationToken cancellationToken)
    {
        var job = request.Job;
        progress.Report(new JobStep(null, "taking hold of the lease"));
        using var hold = await Task.Run(() => ports?.Hold(job.JobId, Patience, cancellationToken), cancellationToken);
        var directory = job.Directory.Length > 0 ? job.Directory : JobDirectory.PathOf(request.RunDirectory, job.JobId);
        var own = job.Nodes.Select(node => node.Name)
            .Concat(request.Nodes)
            .Concat(hold?.Lease.Nodes ?? [])
            .ToHashSet(StringComparer.Ordinal);
        var cleaned = new ConcurrentDictionary<string, bool>();
        var failures = new ConcurrentDictionary<string, Exception>();
        await FanOut.RunAsync(
            own.Union(request.Elsewhere),
            request.Throttle,
            request.Timeout,
            async (node, stopping) =>
            {
                progress.Report(new JobStep(node, "stopping"));
                cleaned[node] = await _cleanup.CleanAsync(node, job.JobId, directory, request.Grace, stopping);
                progress.Report(new JobStep(node, "clean", Done: true));
            },
            (node, cause) =>
            {
                failures[node] = cause;
                (own.Contains(node) ? failed : unasked)(node, cause);
            },
            cancellationToken);
        var left = failures.Keys.Any(own.Contains);
        var released = !left && hold?.Release() is { Changed: true };
        var changed = released || cleaned.Values.Any(changed => changed);
        return job with
        {
            State = StateOf(left, notFound: !failures.IsEmpty && own.Count == 0 && !changed),
            Nodes = [.. job.Nodes.Select(node => cleaned.ContainsKey(node.Name) ? node with { Container = null, State = null } : node)],
            Changed = changed,
        };
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

    /// <summary>Where jobs' directories are on each node.</summary>
    public required string RunDirectory { get; init; }

    /// <summary>How long a container may take after TERM.</summary>
    public TimeSpan Grace { get; init; }

    /// <summary>How many nodes are worked on at a time.</summary>
    public int Throttle { get; init; } = 32;

    /// <summary>How long each may take.</summary>
    public TimeSpan Timeout { get; init; } = System.Threading.Timeout.InfiniteTimeSpan;
}
