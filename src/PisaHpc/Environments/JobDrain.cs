using System.Diagnostics;
using PisaHpc.Containers.Placed;
using PisaHpc.Engines;

namespace PisaHpc.Environments;

/// <summary>
/// Waits for the jobs that are placed into a container which is to end. Whoever waits holds the static environment's lock
/// (<see cref="SyncLock"/>), which keeps others from being placed there: they are told to try again.
/// </summary>
internal static class JobDrain
{
    /// <summary>Between two looks: a job's end tells nobody.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Waits until no process of a job is in the container, and none is being started.</summary>
    /// <param name="id">The container's full id.</param>
    /// <param name="name">Its name.</param>
    /// <param name="timeout">How long to wait; zero looks once.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.StaticBusy"/>, naming the jobs; <see cref="ErrorId.NodeCommandFailed"/>; the ids of the connection.
    /// </exception>
    public static async Task WaitAsync(
        Cluster cluster, string node, string id, string name, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var placed = await PlacedJobs.OnAsync(cluster, node, cancellationToken);
        while (await JobsInAsync(placed, id, cancellationToken) is { Length: > 0 } jobs)
        {
            if (clock.Elapsed >= timeout)
            {
                throw new HpcException(
                    ErrorId.StaticBusy,
                    $"Jobs are placed into {name} on {node}, and would end with it: {jobs}. It was left as it is.",
                    node,
                    "Wait for them with -DrainTimeoutSec, or end them first: Stop-HpcJob.");
            }

            await Task.Delay(Pause, cancellationToken);
        }
    }

    private static async Task<string> JobsInAsync(PlacedJobs placed, string id, CancellationToken cancellationToken)
    {
        var jobs = await placed.ListAsync(cancellationToken);
        return string.Join(
            ", ", jobs.Where(job => job.Container == id && job.IsThere).Select(job => job.JobId).Order(StringComparer.Ordinal));
    }
}
