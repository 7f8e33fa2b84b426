using PisaHpc.Batch;

namespace PisaHpc.Containers;

/// <summary>
/// Names of containers: unique for each attempt, since a fixed name of a requeued job would collide with what the first left.
/// </summary>
public static class ContainerNames
{
    /// <summary>A new attempt's mark: eight hexadecimal digits.</summary>
    public static string NewAttempt() => Guid.NewGuid().ToString("n")[..8];

    /// <summary>The name of a container, the same on each node of its job or static environment.</summary>
    /// <param name="attempt">The attempt.</param>
    public static string Of(WorkloadId workload, string attempt)
    {
        ArgumentNullException.ThrowIfNull(workload);
        return workload.Kind == WorkloadKind.Job
            ? $"pisahpc-{JobIds.FileName(workload.Name)}-{attempt}"
            : $"pisahpc-static-{workload.Name}-{attempt}";
    }
}
