namespace PisaHpc.Batch;

/// <summary>What a batch system knew of its jobs when it was asked for all of them at once.</summary>
/// <param name="time">When that was, by the clock of the host that asked.</param>
/// <param name="find">What it knows of an id; null for a job that it does not know.</param>
public sealed class JobCensus(DateTimeOffset time, Func<string, JobStanding?> find)
{
    /// <summary>When it was asked, by the clock of the host that asked.</summary>
    public DateTimeOffset Time => time;

    /// <summary>The cluster whose jobs these are, by the batch system's own name; null where it has none.</summary>
    public string? Cluster { get; init; }

    /// <summary>
    /// Whether it was asked of a job: of several schedulers with jobs of their own some may not have been, and of theirs it knows nothing.
    /// </summary>
    public Func<string, bool> IsAbout { get; init; } = _ => true;

    /// <summary>What its program said beside the answer; null for nothing.</summary>
    public string? Remark { get; init; }

    /// <summary>The ids of the jobs that have all of their nodes now; of a job with several components the first one's.</summary>
    public IReadOnlyList<string> Running { get; init; } = [];

    /// <summary>What it knows of a job.</summary>
    /// <returns>Null for a job that it does not know: one that ended long ago, or never was.</returns>
    public JobStanding? Find(string jobId) => find(jobId);
}

/// <summary>How a job stood.</summary>
public sealed record JobStanding
{
    /// <summary>The state, in the batch system's own word.</summary>
    public required string State { get; init; }

    /// <summary>What became of it; null as long as it lives.</summary>
    public BatchOutcome? Outcome { get; init; }

    /// <summary>
    /// When it ended; null as long as it lives. A job whose state nobody knows, or whose end is not told, is taken for one that lives.
    /// </summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The nodes that it has, all of them; none where it waits, ends, or the list may lack one, or cannot be read.</summary>
    public IReadOnlyList<string> Nodes { get; init; } = [];

    /// <summary>The ids by which nodes name what runs of it: those of its components, where it has several.</summary>
    public IReadOnlyList<string> RunsAs { get; init; } = [];

    /// <summary>What it was submitted with; null for a job that does not run, and where that was not asked.</summary>
    public JobSubmission? Submission { get; init; }
}

/// <summary>What a job was submitted with.</summary>
/// <param name="Queue">The queue or partition; null where the batch system has none.</param>
/// <param name="Owner">The login name of its user.</param>
/// <param name="Request">
/// What may name the environment: in Slurm what the user gave it as its comment, which can hold anything; in LSF its application profile.
/// Null for none.
/// </param>
public sealed record JobSubmission(string? Queue, string Owner, string? Request)
{
    /// <summary>The environment that it asks for, where the batch system's jobs have a word for nothing else; null for none.</summary>
    public string? Environment { get; init; }
}
