using System.Globalization;
using PisaHpc.Batch;

namespace PisaHpc.Jobs.Records;

/// <summary>Why a run of a job ended.</summary>
public enum EndReason
{
    /// <summary>The job's script ended with code 0.</summary>
    Finished,

    /// <summary>The job's script ended with another code.</summary>
    Failed,

    /// <summary>A signal ended the job's script, or the main process of a container.</summary>
    Signal,

    /// <summary>The job's user or an admin ended it in the batch system.</summary>
    Cancelled,

    /// <summary>It ran as long as the batch system allowed.</summary>
    TimeLimit,

    /// <summary>The batch system ended it since it could not have met its deadline.</summary>
    Deadline,

    /// <summary>Another job took its nodes.</summary>
    Preempted,

    /// <summary>The kernel killed a process of it for memory: a counter says so, not an exit code.</summary>
    OutOfMemory,

    /// <summary>A node of it failed, or does not answer.</summary>
    NodeLost,

    /// <summary>Its start failed: a node could not get the image.</summary>
    ImageMissing,

    /// <summary>Its start failed: a container did not become ready.</summary>
    NotReady,

    /// <summary>Its start failed for another reason.</summary>
    NotStarted,

    /// <summary>Its start was interrupted: by a signal, by a deadline, or by Ctrl-C.</summary>
    Interrupted,

    /// <summary>Somebody stopped it, and nobody says how its script ended.</summary>
    Stopped,

    /// <summary>It was found dead when it was started anew: nobody had stopped it.</summary>
    Abandoned,

    /// <summary>A sweep found what it had left when its run was over, and nobody says how its script ended.</summary>
    Orphaned,
}

/// <summary>What is known of an end, from which the reason is chosen.</summary>
internal sealed record EndFacts
{
    /// <summary>Why its start failed; null when it did not, or was interrupted.</summary>
    public HpcException? FailedStart { get; init; }

    /// <summary>Whether its start was interrupted.</summary>
    public bool Interrupted { get; init; }

    /// <summary>Whether it was found dead when it was started anew.</summary>
    public bool Abandoned { get; init; }

    /// <summary>What a sweep knew it for an orphan by; null for a job that somebody stopped by its id.</summary>
    public string? OrphanedBy { get; init; }

    /// <summary>The nodes with their evidence.</summary>
    public IReadOnlyList<HpcEndedJobNode> Nodes { get; init; } = [];

    /// <summary>What the batch system says; null when it says nothing.</summary>
    public BatchEnd? Batch { get; init; }

    /// <summary>Who ended it, in words.</summary>
    public string By { get; init; } = "";
}

/// <summary>Why a run ended, as it is told.</summary>
/// <param name="Reason">The reason.</param>
/// <param name="Message">The reason with its evidence, in a line.</param>
/// <param name="ExitCode">The exit code; null when nobody told one.</param>
/// <param name="Signal">The signal; null for none.</param>
internal sealed record JobEnd(EndReason Reason, string Message, int? ExitCode = null, int? Signal = null)
{
    private static readonly Dictionary<BatchOutcome, (EndReason Reason, string Words)> Outcomes = new()
    {
        [BatchOutcome.Cancelled] = (EndReason.Cancelled, "cancelled"),
        [BatchOutcome.TimeLimit] = (EndReason.TimeLimit, "its time limit was reached"),
        [BatchOutcome.Preempted] = (EndReason.Preempted, "preempted"),
        [BatchOutcome.NodeFailed] = (EndReason.NodeLost, "a node of it failed"),
        [BatchOutcome.OutOfMemory] = (EndReason.OutOfMemory, "the batch system saw a process of its own steps killed for memory"),
        [BatchOutcome.Deadline] = (EndReason.Deadline, "its deadline could not be met"),
    };

    /// <summary>
    /// The first that holds: a start that failed; a kill for memory that was counted, whatever the exit code; the batch system's state
    /// where it tells one; a script that ended well; a node that does not answer; the script's exit code; that of a container that had
    /// ended by itself.
    /// </summary>
    public static JobEnd Of(EndFacts facts)
    {
        var end = OfStart(facts) ?? OfMemory(facts) ?? OfState(facts) ?? OfScript(facts) ?? OfContainer(facts);
        return facts.OrphanedBy is { } evidence
            ? (end ?? new JobEnd(EndReason.Orphaned, "nobody says how its script ended")).Swept(evidence)
            : end
            ?? (facts.Abandoned
                ? new JobEnd(EndReason.Abandoned, "it was found dead when it was started anew: nobody had stopped it")
                : new JobEnd(EndReason.Stopped, $"stopped by {facts.By}; nobody says how its script ended"));
    }

    /// <summary>The same of a job that a sweep took away, which may be long after its end.</summary>
    private JobEnd Swept(string evidence) => this with { Message = $"{Message}; swept as an orphan: {Quote.OneLine(evidence)}" };

    private static JobEnd? OfStart(EndFacts facts)
    {
        if (facts.Interrupted)
        {
            return new JobEnd(EndReason.Interrupted, $"its start by {facts.By} was interrupted");
        }

        if (facts.FailedStart is not { } failure)
        {
            return null;
        }

        var id = failure.FailedNodes.Count > 0 ? failure.FailedNodes[0].Id : failure.Id;
        return new JobEnd(
            id switch
            {
                ErrorId.ImageNotFound or ErrorId.ImagePullFailed => EndReason.ImageMissing,
                ErrorId.ContainerNotReady => EndReason.NotReady,
                ErrorId.NodeUnreachable or ErrorId.NodeTimeout => EndReason.NodeLost,
                _ => EndReason.NotStarted,
            },
            Quote.OneLine(failure.Message));
    }

    private static JobEnd? OfMemory(EndFacts facts)
    {
        if (facts.Nodes.FirstOrDefault(node => node.OutOfMemory) is not { } node)
        {
            return null;
        }

        var whose = node.MemoryLimitHits switch
        {
            null => "",
            > 0 => $", at its own limit{(node.MemoryLimitBytes is { } limit ? $" of {Bytes(limit)}" : "")}",
            _ => ", at a limit above it or for want of memory on the node",
        };
        var killed = node.OomKills is > 1 and var kills ? Number($"{kills} processes") : "a process";
        return new JobEnd(
            EndReason.OutOfMemory, $"the kernel killed {killed} of the container on {node.Name} for memory{whose}{InBatch(facts.Batch)}",
            facts.Batch?.ExitCode, facts.Batch?.Signal);
    }

    private static JobEnd? OfState(EndFacts facts) =>
        facts.Batch is { } batch && Outcomes.TryGetValue(batch.Outcome, out var end)
            ? new JobEnd(end.Reason, $"{end.Words}{InBatch(batch)}", batch.ExitCode, batch.Signal)
            : null;

    private static JobEnd? OfScript(EndFacts facts)
    {
        var batch = facts.Batch;
        var lost = facts.Nodes.FirstOrDefault(node =>
            node.ErrorId is nameof(ErrorId.NodeUnreachable) or nameof(ErrorId.NodeTimeout));
        return batch switch
        {
            { Outcome: BatchOutcome.Completed } or { ExitCode: 0, Signal: null } =>
                new JobEnd(EndReason.Finished, $"its script ended with code 0{InBatch(batch)}", 0),
            _ when lost is not null =>
                new JobEnd(EndReason.NodeLost, Quote.OneLine($"{lost.Name}: {lost.Message}"), batch?.ExitCode, batch?.Signal),
            { Signal: { } signal } =>
                new JobEnd(EndReason.Signal, Number($"its script was ended by signal {signal}") + InBatch(batch), batch.ExitCode, signal),
            { ExitCode: { } code } => new JobEnd(EndReason.Failed, Number($"its script ended with code {code}") + InBatch(batch), code),
            { Outcome: BatchOutcome.Failed } => new JobEnd(EndReason.Failed, $"its script failed{InBatch(batch)}"),
            _ => null,
        };
    }

    /// <summary>Engines write 128 and the number for a signal. A container that ended with 0 was ended in order.</summary>
    private static JobEnd? OfContainer(EndFacts facts) =>
        facts.Nodes.FirstOrDefault(node => node.ExitCode is > 0) is { ExitCode: { } code } node
            ? code > 128
                ? new JobEnd(
                    EndReason.Signal,
                    Number($"the container on {node.Name} was ended by signal {code - 128}, not for memory"),
                    code,
                    code - 128)
                : new JobEnd(EndReason.Failed, Number($"the container on {node.Name} ended by itself with code {code}"), code)
            : null;

    /// <summary>The batch system's own words, in parentheses.</summary>
    private static string InBatch(BatchEnd? batch)
    {
        string?[] words = [batch?.State, batch?.Reason];
        var said = string.Join(", ", words.OfType<string>());
        return said.Length > 0 ? $" (the batch system: {Quote.OneLine(said)})" : "";
    }

    private static string Bytes(long bytes) => Number($"{bytes / 1048576.0:0.#} MiB");

    private static string Number(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
