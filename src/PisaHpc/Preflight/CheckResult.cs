namespace PisaHpc.Preflight;

/// <summary>How a check of a node came out.</summary>
public enum CheckResult
{
    /// <summary>The node is as it has to be.</summary>
    Passed,

    /// <summary>The check does not apply, or could not be made; its evidence says why.</summary>
    Skipped,

    /// <summary>Jobs run, and slower or less safely than they could; or they will not for long.</summary>
    Warning,

    /// <summary>Jobs will fail.</summary>
    Failed,
}
