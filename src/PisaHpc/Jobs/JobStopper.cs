using System.Collections.Concurrent;
using PisaHpc.Containers;
using PisaHpc.Nodes;
using PisaHpc.Ports;
using PisaHpc.SshConfigs;

namespace PisaHpc.Jobs;

/// <summary>
/// Takes a job off its nodes and gives its port back. What is gone already is success, so it can run any number of times.
/// </summary>
/// <param name="nodes">The nodes.</param>
/// <param name="engines">Their engines.</param>
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
    /// <param name="job">The job.</param>
    public static HpcJob Predict(HpcJob job) => job with
    {
        State = nameof(JobState.Stopped),
        Nodes = [.. job.Nodes.Select(node => node with { Container = null, State = null })],
        Changed = job.Nodes.Count > 0,
    };

    /// <summary>Stops a job.</summary>
    /// <param name="job">The job as <see cref="JobFinder"/> found it.</param>
    /// <param name="others">More nodes to clean, for a job whose lease is gone.</param>
    /// <param name="runDirectory">Where jobs' directories are on each node.</param>
    /// <param name="grace">How long a container may take after TERM.</param>
    /// <param name="throttle">How many nodes are worked on at a time.</param>
    /// <param name="timeout">How long each may take.</param>
    /// <param name="failed">
    /// Told of each node that could not be cleaned; the lease is kept then, so that a later stop finds the node.
    /// </param>
    /// <param name="cancellationToken">Interrupts; calling again finishes the work.</param>
    /// <returns>The job as it is now.</returns>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.JobBeingStarted"/>: another process starts or stops it, and nothing was changed;
    /// <see cref="ErrorId.PortAreaUnusable"/>.
    /// </exception>
    public async Task<HpcJob> StopAsync(
        HpcJob job,
        IEnumerable<string> others,
        string runDirectory,
        TimeSpan grace,
        int throttle,
        TimeSpan timeout,
        Action<string, Exception> failed,
        CancellationToken cancellationToken)
    {
        progress.Report(new JobStep(null, "taking hold of the lease"));
        using var hold = await Task.Run(() => ports?.Hold(job.JobId, Patience, cancellationToken), cancellationToken);
        var directory = job.Directory.Length > 0 ? job.Directory : JobDirectory.PathOf(runDirectory, job.JobId);
        var cleaned = new ConcurrentDictionary<string, bool>();
        var left = 0;
        await FanOut.RunAsync(
            job.Nodes.Select(node => node.Name).Concat(others).Union(hold?.Lease.Nodes ?? []),
            throttle,
            timeout,
            async (node, stopping) =>
            {
                progress.Report(new JobStep(node, "stopping"));
                cleaned[node] = await _cleanup.CleanAsync(node, job.JobId, directory, grace, stopping);
                progress.Report(new JobStep(node, "clean", Done: true));
            },
            (node, cause) =>
            {
                Interlocked.Increment(ref left);
                failed(node, cause);
            },
            cancellationToken);
        var released = left == 0 && hold?.Release() is { Changed: true };
        return job with
        {
            State = left == 0 ? nameof(JobState.Stopped) : nameof(JobState.Leftover),
            Nodes = [.. job.Nodes.Select(node => cleaned.ContainsKey(node.Name) ? node with { Container = null, State = null } : node)],
            Changed = released || cleaned.Values.Any(changed => changed),
        };
    }
}
