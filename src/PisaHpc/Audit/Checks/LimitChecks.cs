using PisaHpc.Sites;

namespace PisaHpc.Audit.Checks;

/// <summary>Whether it can take the memory of all others on its node.</summary>
internal sealed class MemoryLimitCheck : IContainerCheck
{
    private const string Remedy = "Set limits.memory or limits.memoryPerSlot, or limits.fromJob: required.";

    public string Name => "MemoryLimit";

    public string About => "it has no memory limit";

    public string Benchmark => "5.10";

    public AuditFinding? Examine(AuditedContainer container) =>
        container.Specification.MemoryBytes is not null || container.Grant == JobLimits.Required ? null
        : container.Grant == JobLimits.Known
            ? AuditFinding.Notice("no limit of memory but what the batch system grants, where it says that", Remedy)
            : AuditFinding.Warning("no limit of memory: it can take all of its node's", Remedy);
}

/// <summary>Whether it can take all process ids of its node (pids controller, cgroups(7)).</summary>
internal sealed class PidsLimitCheck : IContainerCheck
{
    public string Name => "PidsLimit";

    public string About => "it has no limit of processes";

    public string Benchmark => "5.28";

    public AuditFinding? Examine(AuditedContainer container) => container.Specification.Pids is null
        ? AuditFinding.Notice(
            "no limit of processes and threads: a program that forks without end takes its node's last process id",
            "Set limits.pids, such as 32768: above what ranks and their threads come to.")
        : null;
}

/// <summary>
/// Whether a job's container is below the control group that the batch system made for the job. Outside of it the batch system neither
/// bounds nor accounts what it uses (soperator#563).
/// </summary>
internal sealed class ControlGroupCheck : IContainerCheck
{
    public string Name => "ControlGroup";

    public string About => "a job's container is outside of the batch system's control group";

    public string Benchmark => "";

    public AuditFinding? Examine(AuditedContainer container)
    {
        var spec = container.Specification;
        if (container.JobId is null || spec.CgroupParent is not null)
        {
            return null;
        }

        string?[] own =
        [
            spec.MemoryBytes is null ? null : "memory", spec.Cpus is null ? null : "CPUs", spec.Cpuset is null ? null : "a CPU set",
        ];
        var limits = string.Join(", ", own.OfType<string>());
        return AuditFinding.Notice(
            "it is not in the batch system's control group of its job, and limits of its own "
            + (limits.Length > 0 ? $"are {limits}" : "it has none"),
            "Have limits of its own stand for the job's: limits.fromJob: required.");
    }
}

/// <summary>Whether processes that lose their parent are reaped, and a signal to the container ends it.</summary>
internal sealed class InitCheck : IContainerCheck
{
    private static readonly string[] Inits = ["init", "systemd", "tini", "dumb-init", "catatonit", "s6-svscan"];

    public string Name => "Init";

    public string About => "no init is its first process";

    public string Benchmark => "";

    public AuditFinding? Examine(AuditedContainer container)
    {
        var spec = container.Specification;
        return spec.Init || Inits.Contains(Path.GetFileName(spec.Command is [var program, ..] ? program : ""))
            ? null
            : AuditFinding.Warning(
                container.Placed("no init is its first process: what its programs leave behind stays a zombie until it ends", "init"),
                "Leave init: true, or have an image's own init start it.");
    }
}
