using System.Diagnostics;

namespace PisaHpc.Mpi;

/// <summary>
/// For how long nothing has come from a run. While its listener is still busy with what came, nothing more is read: that silence is the
/// listener's, not the run's.
/// </summary>
internal sealed class OutputSilence
{
    private long _since = Stopwatch.GetTimestamp();
    private int _listening;

    /// <summary>How long; nothing while the listener is busy.</summary>
    public TimeSpan Length => IsListenersOwn ? TimeSpan.Zero : Stopwatch.GetElapsedTime(Interlocked.Read(ref _since));

    /// <summary>Whether the listener is busy with what came.</summary>
    public bool IsListenersOwn => Volatile.Read(ref _listening) > 0;

    /// <summary>Something came, and is given to the listener.</summary>
    public void Broken() => Interlocked.Increment(ref _listening);

    /// <summary>The listener has taken it.</summary>
    public void Resumed()
    {
        Interlocked.Exchange(ref _since, Stopwatch.GetTimestamp());
        Interlocked.Decrement(ref _listening);
    }
}
