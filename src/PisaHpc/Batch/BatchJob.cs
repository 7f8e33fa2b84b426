using System.Globalization;

namespace PisaHpc.Batch;

/// <summary>What a batch system knows of a job beside what it granted.</summary>
public sealed record BatchJob
{
    /// <summary>The state, in the batch system's own word: <c>RUNNING</c>.</summary>
    public required string State { get; init; }

    /// <summary>Why the job is in this state, in the batch system's own word; null for no reason.</summary>
    public string? Reason { get; init; }

    /// <summary>How often the job was started anew: a run of a job is known by its id and this number.</summary>
    public int RestartCount { get; init; }

    /// <summary>The ids of a heterogeneous job's components, the first component's first; one id for any other job.</summary>
    public required IReadOnlyList<string> Components { get => Readable.Words(field); init; }

    /// <summary>What the user gave the job as its comment; null for none.</summary>
    public string? Comment { get; init; }

    /// <summary>When the job was submitted.</summary>
    public DateTimeOffset? SubmitTime { get; init; }

    /// <summary>When this run of it began; null when it has not.</summary>
    public DateTimeOffset? StartTime { get; init; }

    /// <summary>When it ended, or will at the latest; null when nothing ends it.</summary>
    public DateTimeOffset? EndTime { get; init; }

    /// <summary>The state and the reason: what a table or a format string shows.</summary>
    public override string ToString() => Reason is null ? State : $"{State} ({Reason})";
}

/// <summary>What a batch system says of how a job, or a run of it, ended.</summary>
public sealed record BatchEnd
{
    /// <summary>What became of it.</summary>
    public BatchOutcome Outcome { get; init; }

    /// <summary>The state, in the batch system's own word; null where it told none.</summary>
    public string? State { get; init; }

    /// <summary>Why, in the batch system's own words; null for none.</summary>
    public string? Reason { get; init; }

    /// <summary>The exit code of the job's script; null where it was not told.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The signal that ended the job's script; null for none, and where it was not told.</summary>
    public int? Signal { get; init; }

    /// <summary>Which run of the job this is of, as <see cref="BatchJob.RestartCount"/> counts; null where it was not told.</summary>
    public int? RestartCount { get; init; }

    /// <summary>The same with what a wait status says, whose low byte is a signal and whose next is an exit code (wait(2)).</summary>
    /// <param name="text">The number.</param>
    internal BatchEnd WithWaitStatus(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var status)
            ? this with { ExitCode = (status >> 8) & 0xff, Signal = (status & 0x7f) is > 0 and var signal ? signal : null }
            : this;
}

/// <summary>What can become of a job, in words that no batch system owns.</summary>
public enum BatchOutcome
{
    /// <summary>The batch system told no state; its exit code may say enough.</summary>
    Unknown,

    /// <summary>The script ended with code 0.</summary>
    Completed,

    /// <summary>The script ended with another code, or by a signal.</summary>
    Failed,

    /// <summary>Its user or an admin ended it.</summary>
    Cancelled,

    /// <summary>It ran as long as it was allowed to.</summary>
    TimeLimit,

    /// <summary>It could not end before its deadline.</summary>
    Deadline,

    /// <summary>Another job took its nodes.</summary>
    Preempted,

    /// <summary>A node of it failed, or did not start.</summary>
    NodeFailed,

    /// <summary>A process of the batch system's own steps was killed for memory.</summary>
    OutOfMemory,
}
