namespace PisaHpc.Mpi;

/// <summary>How long a run may stand still before somebody is told, or it is ended.</summary>
internal sealed record MpiTimeLimits
{
    /// <summary>How long no further rank may start before a warning says so; doubled after each.</summary>
    public TimeSpan Start { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the launcher may stay, without a word, when all of its ranks have ended.</summary>
    public TimeSpan End { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the supervisor may take to say what the run's processes do.</summary>
    public TimeSpan Look { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a node may take to answer a login before it is held not to.</summary>
    public TimeSpan Login { get; init; } = TimeSpan.FromSeconds(5);
}
