using PisaHpc.Batch;

namespace PisaHpc.Containers;

/// <summary>
/// Names of containers: unique for each attempt, since a fixed name of a requeued job would collide with what the first left.
/// </summary>
public static class ContainerNames
{
    /// <summary>A new attempt's mark: eight hexadecimal digits.</summary>
    public static string NewAttempt() => Guid.NewGuid().ToString("n")[..8];

    /// <summary>The name of a job's container, the same on each of its nodes.</summary>
    /// <param name="attempt">The attempt.</param>
    public static string Of(string jobId, string attempt) => $"pisahpc-{JobIds.FileName(jobId)}-{attempt}";
}
