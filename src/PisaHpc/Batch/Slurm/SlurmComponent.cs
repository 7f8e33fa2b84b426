using System.Globalization;
using PisaHpc.HostLists;

namespace PisaHpc.Batch.Slurm;

/// <summary>
/// What Slurm tells of one component of a job. An ordinary job is one component, whose variables have their plain names. A heterogeneous
/// job (slurm.schedmd.com/heterogeneous_jobs.html) has several, each with names of its own; the plain names are then the first component's,
/// the step's, or not set at all. The slots of a node are its tasks; where Slurm tells no tasks, or those of a step on fewer nodes than the
/// job's, they are the node's CPUs divided by the CPUs per task.
/// </summary>
internal sealed class SlurmComponent
{
    /// <summary>The variables that name a component's nodes, the newer one first.</summary>
    public static readonly string[] NodeListVariables = ["SLURM_JOB_NODELIST", "SLURM_NODELIST"];

    /// <summary>The variable that counts a job's components, and what their variables' names end in; Slurm before 20.02 last.</summary>
    private static readonly (string Size, string Ending)[] Names = [("SLURM_HET_SIZE", "_HET_GROUP_"), ("SLURM_PACK_SIZE", "_PACK_GROUP_")];

    private readonly JobEnvironment _environment;
    private readonly string _jobId;
    private readonly string _ending;

    private SlurmComponent(JobEnvironment environment, string jobId, string ending) =>
        (_environment, _jobId, _ending) = (environment, jobId, ending);

    /// <summary>The component's partition.</summary>
    public string? Partition => _environment.Value("SLURM_JOB_PARTITION" + _ending);

    private string TasksVariable => "SLURM_TASKS_PER_NODE" + _ending;

    private string CpusVariable => "SLURM_JOB_CPUS_PER_NODE" + _ending;

    /// <summary>The components of a job, the one whose first node runs the job's script first.</summary>
    public static IEnumerable<SlurmComponent> Of(JobEnvironment environment, string jobId)
    {
        // A job submitted from within a heterogeneous one inherits that one's variables: the first component's id tells whose they are.
        var own = Array.Find(Names, names =>
            environment.Value(names.Size) is not null && environment.Value($"SLURM_JOB_ID{names.Ending}0") == jobId);
        return own.Size is not null && environment.Value(own.Size) is { } size
            ? Enumerable.Range(0, SlurmCounts.Number(size, size, own.Size))
                .Select(number => new SlurmComponent(environment, jobId, own.Ending + number.ToString(CultureInfo.InvariantCulture)))
            : [new SlurmComponent(environment, jobId, "")];
    }

    /// <summary>The component's nodes, one for each name of its list.</summary>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.AllocationNotFound"/> where nodes or slots are not told; <see cref="ErrorId.InvalidValue"/>.
    /// </exception>
    public IEnumerable<AllocatedNode> Nodes()
    {
        string[] variables = [.. NodeListVariables.Select(name => name + _ending)];
        var (variable, list) = _environment.First(variables) ?? throw NotTold("nodes", variables[0], variables[1]);
        var names = HostList.Expand(list);
        var slots = Slots(names.Count);
        if (slots.Values.Count != names.Count)
        {
            throw new HpcException(
                ErrorId.InvalidValue,
                $"{slots.Variable} {Quote.Of(slots.Text)} counts {Plural.Of(slots.Values.Count, "node")}, and {variable} "
                + $"{Quote.Of(list)} names {names.Count}.",
                slots.Variable);
        }

        // The CPUs beside the tasks: sbatch -c 32 grants 32 for each. Numbers for other nodes than the job's say nothing.
        var cpus = _environment.Value(CpusVariable) is { } text ? SlurmCounts.Expand(text, CpusVariable) : [];
        return names.Select((name, index) =>
        {
            int? granted = cpus.Count == names.Count ? cpus[index] : null;
            return new AllocatedNode(name, slots.Values[index])
            {
                Cpus = granted,
                MemoryBytes = SlurmMemory.Of(_environment, _ending, granted),
            };
        });
    }

    private (string Variable, string Text, IReadOnlyList<int> Values) Slots(int nodes)
    {
        var cpus = _environment.Value(CpusVariable);
        if (_environment.Value(TasksVariable) is { } tasks)
        {
            var counts = SlurmCounts.Expand(tasks, TasksVariable);
            var isPartOfJob = _environment.Value("SLURM_STEP_ID") is not null && counts.Count < nodes;
            if (!isPartOfJob || cpus is null)
            {
                return (TasksVariable, tasks, counts);
            }
        }

        return cpus is null
            ? throw NotTold("slots", TasksVariable, CpusVariable)
            : (CpusVariable, cpus, [.. SlurmCounts.Expand(cpus, CpusVariable).Select(count => Math.Max(1, count / CpusPerTask()))]);
    }

    private int CpusPerTask()
    {
        var variable = "SLURM_CPUS_PER_TASK" + _ending;
        return _environment.Value(variable) is { } text ? SlurmCounts.Number(text, text, variable) : 1;
    }

    private HpcException NotTold(string what, string variable, string other) => new(
        ErrorId.AllocationNotFound, $"Slurm job {_jobId} has no {what} here: neither {variable} nor {other} is set.", _jobId);
}

/// <summary>Slurm's notation for one number per node: <c>32(x2),24</c> is 32, 32 and 24 (sbatch(1), SLURM_TASKS_PER_NODE).</summary>
internal static class SlurmCounts
{
    /// <summary>Expands the numbers, one for each node.</summary>
    /// <param name="text">The variable's value.</param>
    /// <param name="variable">The variable, for the errors.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>, with variable, value and the part that is wrong.</exception>
    public static IReadOnlyList<int> Expand(string text, string variable)
    {
        var counts = new List<int>();
        foreach (var part in text.Split(','))
        {
            var open = part.IndexOf("(x", StringComparison.Ordinal);
            if (open < 0)
            {
                counts.Add(Number(part, text, variable));
                continue;
            }

            if (part[^1] != ')')
            {
                throw Malformed(part, text, variable);
            }

            var repetitions = Number(part[(open + 2)..^1], text, variable);
            if (counts.Count + (long)repetitions > HostList.MaxNames)
            {
                throw new HpcException(
                    ErrorId.InvalidValue, $"{variable} {Quote.Of(text)} counts more than {HostList.MaxNames:N0} nodes.", variable);
            }

            counts.AddRange(Enumerable.Repeat(Number(part[..open], text, variable), repetitions));
        }

        return counts;
    }

    /// <summary>A number of at least 1.</summary>
    public static int Number(string part, string text, string variable) =>
        int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw Malformed(part, text, variable);

    private static HpcException Malformed(string part, string text, string variable) => new(
        ErrorId.InvalidValue, $"{variable} {Quote.Of(text)}: {Quote.Of(part)} is not a number of 1 or more, as in '32(x2),24'.", variable);
}
