using System.Globalization;

namespace PisaHpc.Allocations;

/// <summary>
/// An allocation of Slurm, from the variables of sbatch(1), srun(1) and the prolog (slurm.conf(5)). The slots of a node are its tasks;
/// where Slurm tells no tasks, or those of a step on fewer nodes than the job's, they are the node's CPUs divided by the CPUs per task.
/// </summary>
internal static class SlurmAllocation
{
    /// <summary>The variables whose presence means a Slurm job, the newer one first.</summary>
    public static readonly string[] JobIdVariables = ["SLURM_JOB_ID", "SLURM_JOBID"];

    private const string TasksVariable = "SLURM_TASKS_PER_NODE";
    private const string CpusVariable = "SLURM_JOB_CPUS_PER_NODE";

    /// <summary>Reads the allocation.</summary>
    /// <param name="environment">The environment.</param>
    /// <param name="owner">The owner; null takes SLURM_JOB_UID or SLURM_JOB_USER, which Slurm sets itself.</param>
    public static HpcAllocation Read(JobEnvironment environment, string? owner)
    {
        var jobId = JobIdOf(environment);
        return new HpcAllocation
        {
            JobId = jobId,
            BatchSystem = Scheduler.Slurm,
            Queue = environment.Value("SLURM_JOB_PARTITION"),
            Nodes = NodesOf(environment, jobId),
            Owner = owner is null ? OwnerOf(environment, jobId) : environment.FindOwner(owner),
        };
    }

    /// <summary>The id of the job.</summary>
    /// <param name="environment">The environment.</param>
    public static string JobIdOf(JobEnvironment environment)
    {
        var (variable, id) = environment.First(JobIdVariables)
            ?? throw new HpcException(ErrorId.AllocationNotFound, "This process is part of no Slurm job: SLURM_JOB_ID is not set.");
        return JobIds.Validate(id, variable);
    }

    private static IReadOnlyList<AllocatedNode> NodesOf(JobEnvironment environment, string jobId)
    {
        var (variable, list) = environment.First("SLURM_JOB_NODELIST", "SLURM_NODELIST")
            ?? throw new HpcException(
                ErrorId.AllocationNotFound,
                $"Slurm job {jobId} has no nodes here: neither SLURM_JOB_NODELIST nor SLURM_NODELIST is set.",
                jobId);
        var names = HostList.Expand(list);
        var slots = SlotsOf(environment, jobId, names.Count);
        if (slots.Values.Count != names.Count)
        {
            throw new HpcException(
                ErrorId.InvalidValue,
                $"{slots.Variable} '{slots.Text}' counts {slots.Values.Count} nodes, and {variable} '{list}' names {names.Count}.",
                slots.Variable);
        }

        return WithCpus(NodeSlots.Sum(names.Zip(slots.Values), variable), environment, names);
    }

    /// <summary>
    /// The CPUs beside the tasks: <c>sbatch -c 32</c> grants 32 for each. Numbers for other nodes than the job's say nothing.
    /// </summary>
    private static IReadOnlyList<AllocatedNode> WithCpus(
        IReadOnlyList<AllocatedNode> nodes, JobEnvironment environment, IReadOnlyList<string> names)
    {
        var counts = environment.Value(CpusVariable) is { } text ? SlurmCounts.Expand(text, CpusVariable) : [];
        if (counts.Count != names.Count)
        {
            return nodes;
        }

        var cpus = names.Zip(counts).ToLookup(pair => pair.First, pair => pair.Second, StringComparer.Ordinal);
        return [.. nodes.Select(node => node with { Cpus = cpus[node.Name].Sum() })];
    }

    private static (string Variable, string Text, IReadOnlyList<int> Values) SlotsOf(JobEnvironment environment, string jobId, int nodes)
    {
        var cpus = environment.Value(CpusVariable);
        if (environment.Value(TasksVariable) is { } tasks)
        {
            var counts = SlurmCounts.Expand(tasks, TasksVariable);
            var isPartOfJob = environment.Value("SLURM_STEP_ID") is not null && counts.Count < nodes;
            if (!isPartOfJob || cpus is null)
            {
                return (TasksVariable, tasks, counts);
            }
        }

        return cpus is not null
            ? (CpusVariable, cpus, TasksOf(SlurmCounts.Expand(cpus, CpusVariable), CpusPerTask(environment)))
            : throw new HpcException(
                ErrorId.AllocationNotFound,
                $"Slurm job {jobId} has no slots here: neither {TasksVariable} nor {CpusVariable} is set.",
                jobId);
    }

    private static IReadOnlyList<int> TasksOf(IReadOnlyList<int> cpus, int cpusPerTask) =>
        [.. cpus.Select(count => Math.Max(1, count / cpusPerTask))];

    private static int CpusPerTask(JobEnvironment environment) => environment.Value("SLURM_CPUS_PER_TASK") is { } text
        ? SlurmCounts.Number(text, text, "SLURM_CPUS_PER_TASK")
        : 1;

    private static JobOwner OwnerOf(JobEnvironment environment, string jobId)
    {
        var owner = environment.Value("SLURM_JOB_UID") is { } uid ? environment.OwnerOfUid(Id(uid, "SLURM_JOB_UID"))
            : environment.Value("SLURM_JOB_USER") is { } name ? environment.FindOwner(name)
            : environment.OwnProcessOwner(jobId);
        if (environment.Value("SLURM_JOB_GID") is not { } gid)
        {
            return owner;
        }

        // sbatch --gid: a job's primary group can be another one of the user's.
        var primary = Id(gid, "SLURM_JOB_GID");
        return owner with { Gid = primary, Groups = JobOwners.Ordered(primary, owner.Groups) };
    }

    private static uint Id(string text, string variable) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : throw new HpcException(
            ErrorId.InvalidValue, $"{variable} '{text}' is not a number.", variable);
}
