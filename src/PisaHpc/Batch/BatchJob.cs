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
    public required IReadOnlyList<string> Components { get; init; }

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
