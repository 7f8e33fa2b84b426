namespace PisaHpc.Jobs;

/// <summary>A job's containers as one thing, rebuilt from the nodes whenever it is asked for.</summary>
public sealed record HpcJob
{
    /// <summary>A job of which nothing was found.</summary>
    /// <param name="jobId">The job.</param>
    public static HpcJob None(string jobId) => new()
    {
        JobId = jobId,
        State = nameof(JobState.Stopped),
        Environment = "",
        Image = "",
        Owner = "",
        Port = 0,
        Nodes = [],
        Directory = "",
    };

    /// <summary>The job.</summary>
    public required string JobId { get; init; }

    /// <summary>The state of its containers together: the word, one of <see cref="JobState"/>.</summary>
    public required string State { get; init; }

    /// <summary>The environment; empty when no container is left to tell.</summary>
    public required string Environment { get; init; }

    /// <summary>The image's reference; empty when no container is left to tell.</summary>
    public required string Image { get; init; }

    /// <summary>The login name of the owner; empty when nothing is left to tell.</summary>
    public required string Owner { get; init; }

    /// <summary>The job's port; 0 when nothing is left to tell.</summary>
    public required int Port { get; init; }

    /// <summary>The slots of all nodes together.</summary>
    public int TotalSlots => Nodes.Sum(node => node.Slots);

    /// <summary>The nodes in the allocation's order: the first is where the launcher runs.</summary>
    public required IReadOnlyList<HpcJobNode> Nodes { get; init; }

    /// <summary>When its first container was created, in UTC; null when there is none.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>The job's directory on each node.</summary>
    public required string Directory { get; init; }

    /// <summary>Whether this call changed anything.</summary>
    public bool Changed { get; init; }
}
