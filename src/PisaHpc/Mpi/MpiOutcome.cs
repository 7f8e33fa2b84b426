namespace PisaHpc.Mpi;

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
