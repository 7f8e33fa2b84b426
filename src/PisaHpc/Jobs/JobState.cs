namespace PisaHpc.Jobs;

/// <summary>The state of a job's containers together.</summary>
public enum JobState
{
    /// <summary>Planned, not started.</summary>
    Planned,

    /// <summary>A start, or a stop, is at it this moment.</summary>
    Starting,

    /// <summary>Every node's container runs.</summary>
    Running,

    /// <summary>Some nodes' containers run, others are gone or ended.</summary>
    Degraded,

    /// <summary>No container runs, and something of the job is left on a node or in the port area.</summary>
    Leftover,

    /// <summary>Nothing of the job is left.</summary>
    Stopped,

    /// <summary>Nothing of the job was found, and some nodes that may have it did not answer.</summary>
    NotFound,
}
