using System.Globalization;
using PisaHpc.HostLists;

namespace PisaHpc.Batch.Lsf;

/// <summary>
/// An allocation of IBM Spectrum LSF, from the variables that its daemon sets for a job and for the job's pre- and post-execution
/// commands (LSF reference, "Environment variables set for job execution"). A slot is a CPU.
/// </summary>
internal static class LsfAllocation
{
    /// <summary>The variable whose presence means an LSF job.</summary>
    public const string JobIdVariable = "LSB_JOBID";

    private const string IndexVariable = "LSB_JOBINDEX";
    private const string CountsVariable = "LSB_MCPU_HOSTS";
    private const string HostFileVariable = "LSB_DJOB_HOSTFILE";
    private const string HostsVariable = "LSB_HOSTS";

    /// <summary>Reads the allocation.</summary>
    /// <param name="owner">The owner; null takes LSFUSER, which LSF's daemon sets to the user that the job runs as.</param>
    public static HpcAllocation Read(JobEnvironment environment, string? owner)
    {
        var jobId = JobIdOf(environment);
        return new HpcAllocation
        {
            JobId = jobId,
            BatchSystem = Scheduler.Lsf,
            Queue = environment.Value("LSB_QUEUE"),
            Nodes = [.. NodesOf(environment, jobId).Select(node => node with { Cpus = node.Slots })],
            Owner = (owner ?? environment.Value("LSFUSER")) is { } name ? environment.FindOwner(name) : environment.OwnProcessOwner(jobId),
        };
    }

    /// <summary>The id of the job, with its index when it is an element of an array.</summary>
    public static string JobIdOf(JobEnvironment environment)
    {
        var id = environment.Value(JobIdVariable)
            ?? throw new HpcException(ErrorId.AllocationNotFound, $"This process is part of no LSF job: {JobIdVariable} is not set.");

        // 0 is the index of a job that is no array.
        return environment.Value(IndexVariable) is { } index && index != "0"
            ? JobIds.Validate($"{id}[{index}]", $"{JobIdVariable} and {IndexVariable}")
            : JobIds.Validate(id, JobIdVariable);
    }

    /// <summary>
    /// What a post-execution command is told: the wait status, and what LSF itself did to the job, <c>SIGNAL -14 SIG_TERM_USER</c>.
    /// </summary>
    public static BatchEnd? FindEnd(JobEnvironment environment)
    {
        if (environment.Value("LSB_JOBEXIT_STAT") is not { } status)
        {
            return null;
        }

        var info = environment.Value("LSB_JOBEXIT_INFO");
        var byUser = info?.Split(' ').Contains("SIG_TERM_USER") == true;
        return new BatchEnd { Outcome = byUser ? BatchOutcome.Cancelled : BatchOutcome.Unknown, Reason = info }.WithWaitStatus(status);
    }

    private static IReadOnlyList<AllocatedNode> NodesOf(JobEnvironment environment, string jobId) => environment
        .First(CountsVariable, HostFileVariable, HostsVariable) switch
    {
        (CountsVariable, var value) => NodesOfCounts(value),
        (HostFileVariable, var path) => NodeSlots.Count(environment.LinesOf(HostFileVariable, path), $"{HostFileVariable} ({path})"),
        (HostsVariable, var value) => NodeSlots.Count(Words(value), HostsVariable),
        _ => throw new HpcException(
            ErrorId.AllocationNotFound,
            $"LSF job {jobId} has no nodes here: none of {CountsVariable}, {HostFileVariable} and {HostsVariable} is set.",
            jobId),
    };

    /// <summary>Reads <c>o2wn01 32 o2wn02 24</c>.</summary>
    private static IReadOnlyList<AllocatedNode> NodesOfCounts(string value)
    {
        var words = Words(value);
        if (words.Length % 2 != 0)
        {
            throw new HpcException(
                ErrorId.InvalidValue,
                $"{CountsVariable} {Quote.Of(value)} has {Plural.Of(words.Length, "word")}: expected pairs of a host and its slots, and "
                + $"{Quote.Of(words[^1])} has none.",
                CountsVariable);
        }

        var counts = words.Chunk(2).Select((pair, index) => (HostNames.Validate(pair[0], CountsVariable), Slots(value, pair[1], index)));
        return NodeSlots.Sum(counts, CountsVariable);
    }

    private static int Slots(string value, string word, int pair) =>
        int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var slots) && slots > 0
            ? slots
            : throw new HpcException(
                ErrorId.InvalidValue,
                $"{CountsVariable} {Quote.Of(value)}, word {(2 * pair) + 2}: {Quote.Of(word)} is not a number of slots (1 or more).",
                CountsVariable);

    private static string[] Words(string value) => value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
}
