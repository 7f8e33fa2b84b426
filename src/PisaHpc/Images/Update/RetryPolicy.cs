namespace PisaHpc.Images.Update;

/// <summary>
/// How often a pull is tried, and how long it waits in between: twice as long each time, of which a random part between a half and the
/// whole, so that nodes which failed together do not come back together.
/// </summary>
/// <param name="Retries">How many attempts may follow the first.</param>
/// <param name="FirstWait">The wait after the first attempt.</param>
public sealed record RetryPolicy(int Retries, TimeSpan FirstWait)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    /// <summary>Where the randomness comes from: a number from 0 up to 1.</summary>
    public Func<double> Random { get; init; } = System.Random.Shared.NextDouble;

    /// <summary>How the time passes.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The wait after an attempt.</summary>
    /// <param name="attempt">The attempt's number, from 1.</param>
    public TimeSpan WaitAfter(int attempt)
    {
        var whole = Math.Min(FirstWait.TotalSeconds * Math.Pow(2, attempt - 1), LongestWait.TotalSeconds);
        return TimeSpan.FromSeconds(whole * (0.5 + (Random() / 2)));
    }

    /// <summary>Whether a failure may pass by itself: a registry or a connection that is busy, restarting or away for a moment.</summary>
    public static bool MayPass(HpcException failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        return failure.Id is ErrorId.ImagePullFailed
            or ErrorId.EngineUnavailable or ErrorId.EngineTimeout
            or ErrorId.NodeUnreachable or ErrorId.NodeTimeout;
    }
}
