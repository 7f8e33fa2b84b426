namespace PisaHpc.Batch.Slurm;

/// <summary>
/// How many of a job's tasks are on each of its nodes, which Slurm tells in the job's environment (SLURM_TASKS_PER_NODE) and not in its
/// record: one task after another goes round the nodes that have room, and where none has, round all (src/common/slurm_step_layout.c).
/// </summary>
internal static class SlurmTaskLayout
{
    /// <summary>
    /// The tasks of each node; each at least 1. A job that asks for nodes alone has as many tasks in its record as nodes, and in its
    /// environment as many as its CPUs hold: so does one here, unless the tasks of each node were asked for. That
    /// <c>-N2 -n2 --exclusive</c> asked for two tasks is nowhere in its record.
    /// </summary>
    /// <param name="cpus">The CPUs of each node.</param>
    /// <param name="tasks">The tasks of all nodes.</param>
    /// <param name="cpusPerTask">The CPUs of one task; at least 1.</param>
    /// <param name="areAskedByNode">Whether the job says how many tasks each node has (--ntasks-per-node).</param>
    public static IReadOnlyList<int> TasksPerNode(IReadOnlyList<int> cpus, int tasks, int cpusPerTask, bool areAskedByNode)
    {
        if (tasks <= cpus.Count && !areAskedByNode)
        {
            return [.. cpus.Select(count => Math.Max(1, count / cpusPerTask))];
        }

        var counts = new int[cpus.Count];
        Array.Fill(counts, 1);
        for (var (left, round) = (tasks - cpus.Count, 1); left > 0; round++)
        {
            var isFull = !cpus.Any(count => round < count / cpusPerTask);
            for (var node = 0; node < counts.Length && left > 0; node++)
            {
                if (isFull || round < cpus[node] / cpusPerTask)
                {
                    counts[node]++;
                    left--;
                }
            }
        }

        return counts;
    }
}
