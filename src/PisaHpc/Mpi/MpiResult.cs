namespace PisaHpc.Mpi;

/// <summary>How a run of a program on a job's nodes ended.</summary>
public sealed record MpiResult
{
    /// <summary>The job.</summary>
    public required string JobId { get; init; }

    /// <summary>The program and its arguments, as a shell would take them.</summary>
    public required string Command { get; init; }

    /// <summary>How many ranks were asked for.</summary>
    public required int Ranks { get; init; }

    /// <summary>Whether every rank ended with 0.</summary>
    public bool Succeeded => Outcome == nameof(MpiOutcome.Succeeded);

    /// <summary>How the run ended: the word, one of <see cref="MpiOutcome"/>.</summary>
    public required string Outcome { get; init; }

    /// <summary>The launcher's exit code, which is the failing rank's where one failed.</summary>
    public required int ExitCode { get; init; }

    /// <summary>The rank that failed first; null when none did, or the launcher could not tell which.</summary>
    public int? FailedRank { get; init; }

    /// <summary>The node on which it failed, or which was lost; null as for <see cref="FailedRank"/>.</summary>
    public string? FailedNode { get; init; }

    /// <summary>The signal that ended the rank, such as <c>SIGSEGV</c>; null when none did.</summary>
    public string? Signal { get; init; }

    /// <summary>The launcher, such as <c>Open MPI 4.1.4</c>.</summary>
    public required string Launcher { get; init; }

    /// <summary>
    /// The network between the nodes, in CIDR form, or an interface's name; null on one node, or when the launcher chose.
    /// </summary>
    public string? Network { get; init; }

    /// <summary>When the run was asked for, in UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>How long it took, the login included, in seconds.</summary>
    public required double DurationSec { get; init; }

    /// <summary>The job, and how its ranks ended.</summary>
    public override string ToString() => $"job {JobId}: {Command} with {Plural.Of(Ranks, "rank")}: {Outcome}";
}

/// <summary>How a run ended.</summary>
public enum MpiOutcome
{
    /// <summary>Every rank ended with 0.</summary>
    Succeeded,

    /// <summary>A rank ended with another code, by a signal or by MPI_Abort, or its node was lost.</summary>
    RankFailed,

    /// <summary>The launcher failed before any rank ran.</summary>
    LaunchFailed,
}
