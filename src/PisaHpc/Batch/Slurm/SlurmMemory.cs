using System.Globalization;
using PisaHpc.HostLists;

namespace PisaHpc.Batch.Slurm;

/// <summary>
/// The memory of a job on a node as Slurm's variables tell it, in mebibytes: SLURM_MEM_PER_NODE, or SLURM_MEM_PER_CPU for each of the job's
/// CPUs there (sbatch(1)). A prolog has neither, and what a job has by its GPUs stands in no variable for each node.
/// </summary>
internal static class SlurmMemory
{
    /// <summary>The memory of a node.</summary>
    /// <param name="ending">What the variables of a component end in.</param>
    /// <param name="cpus">The job's CPUs on the node; null when they are not known.</param>
    /// <returns>
    /// Null when no variable tells. 0 is the whole node's (sbatch --mem=0), which no variable tells either.
    /// </returns>
    public static long? Of(JobEnvironment environment, string ending, int? cpus) =>
        Told(environment, "SLURM_MEM_PER_NODE" + ending) ?? (Told(environment, "SLURM_MEM_PER_CPU" + ending) * cpus);

    /// <summary>
    /// The memory of each node that a record of <c>scontrol --details show job</c> names. Its user's own words stand in it, too, and may
    /// look like Slurm's. Slurm's are among what is said of a node in any case, so that the least of it is never more than was granted.
    /// </summary>
    /// <param name="record">The record.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.InvalidValue"/> for a host list that Slurm does not write, or more nodes than a job has, however they are spread.
    /// </exception>
    public static IReadOnlyDictionary<string, long> In(string record)
    {
        var least = new Dictionary<string, long>(StringComparer.Ordinal);
        var left = SlotMap.MaxNodes;
        foreach (var line in SlurmNodeLine.In(record))
        {
            if (line.MemoryBytes is not { } memory)
            {
                continue;
            }

            var names = new List<string>();
            new HostListParser(line.Nodes, limit: left).AppendTo(names);
            left -= names.Count;
            foreach (var name in names)
            {
                least[name] = !least.TryGetValue(name, out var other) || other == -1 ? memory
                    : memory == -1 ? other
                    : Math.Min(memory, other);
            }
        }

        return least;
    }

    private static long? Told(JobEnvironment environment, string variable) => environment.Value(variable) switch
    {
        null or "0" => null,
        { } text when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < 1L << 30 =>
            number << 20,
        { } text => throw new HpcException(
            ErrorId.InvalidValue, $"{variable} {Quote.Of(text)} is not a number of mebibytes.", variable),
    };
}
