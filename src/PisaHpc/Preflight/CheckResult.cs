namespace PisaHpc.Preflight;

/// <summary>How a check of a node came out.</summary>
public enum CheckResult
{
    /// <summary>The node is as it has to be.</summary>
    Passed,

    /// <summary>The check does not apply, or the node has not what it takes; its evidence says why.</summary>
    Skipped,

    /// <summary>
    /// The check could not be made, since the engine did not answer, or not in time, or a container could not be looked into.
    /// </summary>
    Unknown,

    /// <summary>Jobs run, and slower or less safely than they could; or they will not for long.</summary>
    Warning,

    /// <summary>Jobs will fail.</summary>
    Failed,
}
