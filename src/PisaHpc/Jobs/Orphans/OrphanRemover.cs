using PisaHpc.Engines;
using PisaHpc.Ports;

namespace PisaHpc.Jobs.Orphans;

/// <summary>Takes orphans away, as any job is stopped. It can run any number of times, and beside a start of the same job.</summary>
/// <param name="ports">The port area; null when the site has none, or it is not there.</param>
/// <param name="grace">How long a container may take after TERM.</param>
internal sealed class OrphanRemover(Cluster cluster, PortArea? ports, TimeSpan grace)
{
    /// <summary>Nobody is waited for: who is at the job has begun after it was judged.</summary>
    private readonly JobStopper _stopper = new(cluster, ports) { Patience = TimeSpan.Zero };

    /// <summary>Takes one away. A node that cannot be cleaned is one of the cluster's failures; a later time finishes it.</summary>
    /// <returns>What became of it; null when the job is being started or stopped by now, or was: then nothing was changed.</returns>
    /// <exception cref="HpcException"><see cref="ErrorId.PortAreaUnusable"/>, <see cref="ErrorId.PortAreaMissing"/>.</exception>
    public async Task<HpcOrphan?> RemoveAsync(FoundOrphan found, CancellationToken cancellationToken)
    {
        HpcJob job;
        try
        {
            job = await _stopper.StopAsync(found.Stop with { Grace = grace }, _ => { }, cancellationToken);
        }
        catch (HpcException failure) when (failure.Id == ErrorId.JobBeingStarted)
        {
            return null;
        }

        return found.Orphan with { State = StateOf(job).ToString(), Changed = job.Changed };
    }

    /// <summary>What it would become where all of its nodes can be cleaned.</summary>
    public static HpcOrphan Predict(FoundOrphan found)
    {
        ArgumentNullException.ThrowIfNull(found);
        return found.Orphan with { State = nameof(OrphanState.Removed), Changed = true };
    }

    private static OrphanState StateOf(HpcJob job) => job.State == nameof(JobState.Leftover) ? OrphanState.Leftover : OrphanState.Removed;
}
