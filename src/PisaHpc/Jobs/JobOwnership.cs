using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Ports;

namespace PisaHpc.Jobs;

/// <summary>
/// Whose a job is, for who acts on one user's behalf alone: the same id may be that of another user's job, of another scheduler or of an
/// earlier time, or one that somebody made up.
/// </summary>
internal static class JobOwnership
{
    /// <summary>Makes sure that what there is of a job is a user's: containers by their label, which root wrote.</summary>
    /// <param name="owner">His login name; null for whoever's.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.JobOfAnotherUser"/>: something is another's, and nothing was touched.</exception>
    public static void Require(string jobId, string? owner, string node, IEnumerable<EngineContainer> containers)
    {
        if (owner is not null && containers.FirstOrDefault(container => !IsOf(container, owner)) is { } strange)
        {
            throw Refusal(
                jobId, owner, $"container {strange.Name} on {node}", strange.Labels.GetValueOrDefault(ContainerLabels.Owner));
        }
    }

    /// <summary>Makes sure that a job's lease is a user's.</summary>
    /// <param name="lease">The lease; null where the job has none.</param>
    /// <param name="owner">His login name; null for whoever's.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.JobOfAnotherUser"/>.</exception>
    public static void Require(string jobId, string? owner, JobPort? lease)
    {
        if (owner is not null && lease is not null && lease.Owner != owner)
        {
            throw Refusal(jobId, owner, $"the lease of port {lease.Port}", lease.Owner);
        }
    }

    /// <summary>Whether a container is a user's.</summary>
    private static bool IsOf(EngineContainer container, string owner) =>
        container.Labels.GetValueOrDefault(ContainerLabels.Owner) == owner;

    private static HpcException Refusal(string jobId, string owner, string what, string? found) => new(
        ErrorId.JobOfAnotherUser,
        $"Job {jobId} is acted on for {owner}, and {what} is {found ?? "nobody"}'s: nothing of it is touched.",
        jobId);
}
