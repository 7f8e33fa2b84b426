using PisaHpc.Batch;

namespace PisaHpc.Containers;

/// <summary>What containers are made for: a job that a batch system runs, or a static environment that an admin keeps on nodes.</summary>
public sealed record Workload
{
    /// <summary>Which one it is.</summary>
    public required WorkloadId Id { get; init; }

    /// <summary>The user whom its containers run as.</summary>
    public required JobOwner Owner { get; init; }

    /// <summary>All of its nodes with their slots.</summary>
    public required IReadOnlyList<AllocatedNode> Nodes
    {
        get;
        init
        {
            (field, NodeSlots) = (value, SlotMap.Format(value));
            NodesOption = $"{ContainerLabels.Nodes}={NodeSlots}";
        }
    }

    /// <summary>
    /// The same in one word, as <see cref="SlotMap"/> writes it. Every node's container carries it, so that each of ten thousand would have
    /// its own copy of all names if it were not made once.
    /// </summary>
    public string NodeSlots { get; private init; } = "";

    /// <summary>The label with it, as a plan's option says it.</summary>
    internal string NodesOption { get; private init; } = "";

    /// <summary>The batch system that granted the job; null for a static environment, which none did.</summary>
    public string? Scheduler { get; init; }

    /// <summary>The batch system's own name of its cluster; null when it was not told.</summary>
    public string? Cluster { get; init; }

    /// <summary>The job's queue; null when there is none.</summary>
    public string? Queue { get; init; }

    /// <summary>How often the job was started anew; null when the batch system does not say.</summary>
    public int? RestartCount { get; init; }

    /// <summary>The job that an allocation was made for.</summary>
    public static Workload Of(HpcAllocation allocation)
    {
        ArgumentNullException.ThrowIfNull(allocation);
        return new Workload
        {
            Id = WorkloadId.Job(allocation.JobId),
            Owner = allocation.Owner,
            Nodes = allocation.Nodes,
            Scheduler = allocation.Scheduler,
            Cluster = allocation.Cluster,
            Queue = allocation.Queue,
            RestartCount = allocation.RestartCount,
        };
    }
}

/// <summary>Which job or static environment: what a container's labels say, and what containers are found by.</summary>
/// <param name="Kind">Which of the two.</param>
/// <param name="Name">The job's id, or the static environment's name.</param>
public sealed record WorkloadId(WorkloadKind Kind, string Name)
{
    /// <summary>The job's id; null for a static environment.</summary>
    public string? JobId => Kind == WorkloadKind.Job ? Name : null;

    /// <summary>The static environment's name; null for a job.</summary>
    public string? Static => Kind == WorkloadKind.StaticEnvironment ? Name : null;

    /// <summary>A job.</summary>
    public static WorkloadId Job(string jobId) => new(WorkloadKind.Job, jobId);

    /// <summary>A static environment.</summary>
    /// <param name="name">The name under which it is declared.</param>
    public static WorkloadId StaticEnvironment(string name) => new(WorkloadKind.StaticEnvironment, name);

    /// <summary>It in words: <c>job 4711</c>, <c>static environment cs7</c>.</summary>
    public override string ToString() => Kind == WorkloadKind.Job ? $"job {Name}" : $"static environment {Name}";
}

/// <summary>What containers can be made for.</summary>
public enum WorkloadKind
{
    /// <summary>A job: its containers end with it.</summary>
    Job,

    /// <summary>A static environment: its containers stay on their nodes, whatever jobs come and go.</summary>
    StaticEnvironment,
}
