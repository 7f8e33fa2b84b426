namespace PisaHpc.Containers;

/// <summary>Where a container's control group is, and so who limits and counts what it uses.</summary>
public enum ContainerPlacement
{
    /// <summary>Below the engine's own: its limits are of its own, and what it uses is counted there alone.</summary>
    Own,

    /// <summary>Below the job's, as the batch system made it: the job's limits hold it as well.</summary>
    JobCgroup,
}

/// <summary>Tells them apart.</summary>
internal static class ContainerPlacements
{
    /// <summary>
    /// The placement of a group. Slurm calls a job's group <c>job_</c> and its raw id, in both versions of control groups
    /// (src/plugins/cgroup).
    /// </summary>
    /// <param name="cgroup">The group's directory.</param>
    /// <param name="jobId">The container's job.</param>
    public static ContainerPlacement Of(string cgroup, string jobId) =>
        cgroup.Split('/').Contains($"job_{jobId}", StringComparer.Ordinal) ? ContainerPlacement.JobCgroup : ContainerPlacement.Own;
}
