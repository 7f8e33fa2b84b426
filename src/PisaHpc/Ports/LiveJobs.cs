using PisaHpc.Batch;

namespace PisaHpc.Ports;

/// <summary>
/// The jobs that the batch system has, by the ids that it lists (<c>squeue -h -o %A</c>, <c>bjobs</c>, <c>qstat</c>). An array is one job
/// here, since lists and job environments write its elements differently: while one element lives, none has ended.
/// </summary>
/// <param name="jobIds">The ids of all jobs that have not ended.</param>
public sealed class LiveJobs(IEnumerable<string> jobIds)
{
    private readonly HashSet<string> _numbers = jobIds.Select(NumberOf).ToHashSet(StringComparer.Ordinal);

    /// <summary>Whether a lease's job lives.</summary>
    /// <returns>Null when the batch system cannot know: the allocation was made by hand.</returns>
    public bool? Tell(JobPort lease) =>
        lease is { Scheduler: nameof(Scheduler.Manual), Host: not null } ? null : _numbers.Contains(NumberOf(lease.JobId));

    /// <summary>The job's number, without an array's index and a server's name; an id that starts with no number as it is.</summary>
    private static string NumberOf(string jobId)
    {
        var end = jobId.AsSpan().IndexOfAnyExceptInRange('0', '9');
        return end > 0 ? jobId[..end] : jobId;
    }
}
