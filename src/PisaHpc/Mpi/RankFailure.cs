namespace PisaHpc.Mpi;

/// <summary>What ended a run.</summary>
/// <param name="Rank">The rank; null when only its node is known.</param>
/// <param name="Node">The node, where the launcher named it.</param>
/// <param name="Signal">The signal's number; null when none ended the rank.</param>
/// <param name="Code">The exit code, where the rank said it.</param>
internal sealed record RankFailure(int? Rank, string? Node = null, int? Signal = null, int? Code = null);
