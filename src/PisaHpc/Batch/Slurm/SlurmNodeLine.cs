using System.Globalization;
using System.Text.RegularExpressions;
using PisaHpc.HostLists;

namespace PisaHpc.Batch.Slurm;

/// <summary>
/// What nodes give to a job, as a line of <c>scontrol --details show job</c> says it of those that give the same:
/// <c>Nodes=o2wn[01-02] CPU_IDs=0-31 Mem=2048 GRES=</c> (src/api/job_info.c).
/// </summary>
/// <param name="Nodes">The nodes, as a host list.</param>
/// <param name="CpuIds">The CPUs on each, as a list of numbers.</param>
/// <param name="MemoryBytes">The memory on each, in bytes; -1 where Slurm counts none and writes 0; null where it does not say.</param>
internal sealed partial record SlurmNodeLine(string Nodes, string CpuIds, long? MemoryBytes)
{
    /// <summary>How many CPUs each gives.</summary>
    public int Cpus => HostList.Expand($"[{CpuIds}]").Count;

    /// <summary>The lines in a record, or in a part of one; what a user wrote into it may look like one.</summary>
    public static IEnumerable<SlurmNodeLine> In(string text) => Form().Matches(text).Select(line => new SlurmNodeLine(
        line.Groups["nodes"].Value, line.Groups["cpus"].Value, line.Groups["memory"] is { Success: true } memory ? InBytes(memory) : null));

    private static long InBytes(Group mebibytes) =>
        long.Parse(mebibytes.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture) is > 0 and var number ? number << 20 : -1;

    [GeneratedRegex(
        @"\sNodes=(?<nodes>\S+) CPU_IDs=(?<cpus>[0-9,-]+)( Mem=(?<memory>[0-9]{1,10})\b)?",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Form();
}
