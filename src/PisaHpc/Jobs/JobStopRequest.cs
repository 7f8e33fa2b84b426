namespace PisaHpc.Jobs;

/// <summary>What a <see cref="JobStopper"/> is asked to take away.</summary>
public sealed record JobStopRequest
{
    /// <summary>The job as <see cref="JobFinder"/> found it.</summary>
    public required HpcJob Job { get; init; }

    /// <summary>Nodes that are the job's beside those that it names itself: each of them has to be cleaned.</summary>
    public IReadOnlyCollection<string> Nodes { get; init; } = [];

    /// <summary>
    /// Nodes that nothing names as the job's: they are cleaned too, since the job may be anywhere, but one that does not answer is no sign
    /// that something of the job is left.
    /// </summary>
    public IReadOnlyCollection<string> Elsewhere { get; init; } = [];

    /// <summary>Where jobs' directories are on each node.</summary>
    public required string RunDirectory { get; init; }

    /// <summary>How long a container may take after TERM.</summary>
    public TimeSpan Grace { get; init; }

    /// <summary>How many nodes are worked on at a time.</summary>
    public int Throttle { get; init; } = 32;

    /// <summary>How long each may take.</summary>
    public TimeSpan Timeout { get; init; } = System.Threading.Timeout.InfiniteTimeSpan;
}
