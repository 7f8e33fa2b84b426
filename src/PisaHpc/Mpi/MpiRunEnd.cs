namespace PisaHpc.Mpi;

/// <summary>The end of a run.</summary>
/// <param name="Result">What came of it.</param>
/// <param name="Failure">
/// <see cref="ErrorId.RankFailed"/> or <see cref="ErrorId.MpiLaunchFailed"/>, with the node or the job as target; null when it succeeded.
/// </param>
public sealed record MpiRunEnd(MpiResult Result, HpcException? Failure);
