using System.Globalization;
using PisaHpc.HostLists;

namespace PisaHpc.Batch.Slurm;

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
