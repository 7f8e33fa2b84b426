using System.Globalization;
using System.Text.RegularExpressions;

namespace PisaHpc.Batch.HTCondor;

/// <summary>
/// A job's id: its cluster and process, and the scheduler (condor_schedd) that counts them, of which a pool has several. <c>@</c> in a
/// scheduler's name is <c>_</c> in the id.
/// </summary>
/// <param name="Number">Cluster and process, as HTCondor's own programs take them: <c>1234.5</c>.</param>
/// <param name="Scheduler">The scheduler, as ids write it.</param>
internal sealed partial record HTCondorJobId(string Number, string Scheduler)
{
    /// <summary>The id of a job.</summary>
    /// <param name="scheduler">The scheduler's own name.</param>
    public static HTCondorJobId Of(int cluster, int process, string scheduler) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{cluster}.{process}"), InIds(scheduler));

    /// <summary>Reads <c>1234.5.sched01_pool</c>; null for what is no id of HTCondor's.</summary>
    public static HTCondorJobId? TryParse(string jobId) =>
        Form().Match(jobId) is { Success: true } match ? new(match.Groups["number"].Value, match.Groups["scheduler"].Value) : null;

    /// <summary>Whether text is a job without its scheduler, <c>1234.5</c>.</summary>
    public static bool IsNumber(string text) => NumberForm().IsMatch(text);

    /// <summary>A scheduler's name as ids write it.</summary>
    public static string InIds(string scheduler) => scheduler.Replace('@', '_');

    /// <summary>The id as containers, leases and cmdlets have it.</summary>
    public override string ToString() => $"{Number}.{Scheduler}";

    [GeneratedRegex(
        @"\A(?<number>[1-9][0-9]{0,9}\.(0|[1-9][0-9]{0,9}))\.(?<scheduler>[A-Za-z0-9][A-Za-z0-9._-]*)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();

    [GeneratedRegex(@"\A[1-9][0-9]{0,9}\.(0|[1-9][0-9]{0,9})\z", RegexOptions.CultureInvariant)]
    private static partial Regex NumberForm();
}
