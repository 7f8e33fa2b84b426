using PisaHpc.Batch;
using PisaHpc.Sites;

namespace PisaHpc.Containers;

/// <summary>
/// How many CPUs and how much memory a container gets: what the site says, and of a job no more than the batch system granted on the node.
/// </summary>
internal static class PlannedLimits
{
    /// <summary>The CPU quota, in CPUs. A node that has no more than was granted needs none.</summary>
    public static PlannedLimit<int> Cpus(PlanRequest request) => new(
        request.Environment.Limits.CpusFromSlots
        && (!IsOfJob(request) || BoundsOf(request) != JobLimits.None)
        && request.Node.Cpus < request.Facts.Cpus
            ? request.Node.Cpus
            : null,
        Option: null);

    /// <summary>Memory, in bytes: the smaller of the site's limit and the grant.</summary>
    public static PlannedLimit<long> Memory(PlanRequest request)
    {
        var limits = request.Environment.Limits;
        var own = limits.MemoryBytes ?? (limits.MemoryPerSlotBytes * request.Node.Slots);
        long? granted = IsOfJob(request) && BoundsOf(request) != JobLimits.None && request.Node.MemoryBytes > 0
            ? request.Node.MemoryBytes
            : null;
        return granted is not null && !(own <= granted)
            ? new(granted, Option: null)
            : new(own, limits.MemoryBytes is null ? "limits.memoryPerSlot" : "limits.memory");
    }

    /// <summary>What is not known of a job's grant on the node, where the site requires it; null for nothing.</summary>
    public static string? Unknown(PlanRequest request) =>
        !AreRequired(request) || request.Workload.Scheduler == nameof(Scheduler.Manual) ? null
        : request.Environment.Limits.CpusFromSlots && request.Node.Cpus is null ? "how many CPUs"
        : request.Node.MemoryBytes is null ? "how much memory"
        : null;

    /// <summary>Whether a job's containers may not be without the limits that it was granted.</summary>
    public static bool AreRequired(PlanRequest request) => IsOfJob(request) && BoundsOf(request) == JobLimits.Required;

    private static JobLimits BoundsOf(PlanRequest request) => request.Environment.Limits.Bounds;

    private static bool IsOfJob(PlanRequest request) => request.Workload.Id.Kind == WorkloadKind.Job;
}

/// <summary>A limit of a plan.</summary>
/// <param name="Value">The limit; null for none.</param>
/// <param name="Option">The setting that it comes from; null for what was granted.</param>
internal sealed record PlannedLimit<T>(T? Value, string? Option)
    where T : struct;
