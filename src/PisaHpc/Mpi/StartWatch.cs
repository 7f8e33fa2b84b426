using System.Collections.Concurrent;
using System.Diagnostics;

namespace PisaHpc.Mpi;

/// <summary>Notices that a run's ranks do not start, and has it told why, again after twice the time.</summary>
/// <param name="request">What is run.</param>
/// <param name="ranks">Knows which ranks have started.</param>
/// <param name="silence">Knows whether a rank's word may have come and was not heard yet.</param>
/// <param name="lookout">Tells what the run's processes do.</param>
/// <param name="answers">Tells whether a node answers a login.</param>
/// <param name="patience">After what time.</param>
/// <param name="listener">Who is told.</param>
internal sealed class StartWatch(
    MpiRequest request,
    LauncherFacts facts,
    RankFailureReader ranks,
    OutputSilence silence,
    RunProcessProbe lookout,
    Func<string, CancellationToken, Task<bool>> answers,
    MpiTimeLimits patience,
    MpiRunListener listener)
{
    // A login is a session of the connection to the first node, which is everybody's: sshd(8) allows ten of them.
    private const int LoginsAtATime = 3;
    private const int MostLogins = 12;
    private readonly long _clock = Stopwatch.GetTimestamp();

    /// <summary>Watches until all ranks have started, or it is stopped, which is no failure.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        var (interval, known) = (patience.Start, 0);
        while (!ranks.AllStarted.IsCompleted && !stopping.IsCancellationRequested)
        {
            if (ranks.Started != known)
            {
                (interval, known) = (patience.Start, ranks.Started);
            }

            var left = silence.IsListenersOwn ? patience.Start : interval - ranks.SinceStart;
            if (left > TimeSpan.Zero)
            {
                await Task.WhenAny(Task.Delay(left, stopping), ranks.AllStarted);
                continue;
            }

            await TellAsync(known, stopping);
            interval *= 2;
        }
    }

    private async Task TellAsync(int started, CancellationToken stopping)
    {
        try
        {
            await LookAndTellAsync(started, stopping);
        }
        catch (Exception failure) when (
            stopping.IsCancellationRequested || failure is HpcException or IOException or ObjectDisposedException)
        {
            // The connection is gone, or the run has ended: who reads its output finds that out.
            listener.Trace($"{request.Nodes[0].Name}: what the run does could not be seen: {failure.Message}");
        }
    }

    private async Task LookAndTellAsync(int started, CancellationToken stopping)
    {
        var stalled = new StalledStart(
            request, facts, started, ranks.Count, ranks.NodesToStart(), Stopwatch.GetElapsedTime(_clock));
        var look = await lookout.LookAsync(stopping);
        foreach (var process in look?.Processes ?? [])
        {
            listener.Trace($"{request.Nodes[0].Name}: {process}, state {process.State}: {string.Join(' ', process.Arguments)}");
        }

        var deaf = new ConcurrentBag<string>();
        var logins = new ParallelOptions { MaxDegreeOfParallelism = LoginsAtATime, CancellationToken = stopping };
        await Parallel.ForEachAsync((look is null ? [] : stalled.NodesOf(look)).Take(MostLogins), logins, async (node, cancelled) =>
        {
            if (!await AnswersAsync(node, cancelled))
            {
                deaf.Add(node);
            }
        });
        if (ranks.Started == started)
        {
            listener.Warn(stalled.Describe(look, [.. deaf]));
        }
    }

    private async Task<bool> AnswersAsync(string node, CancellationToken stopping)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        limit.CancelAfter(patience.Login);
        try
        {
            return await answers(node, limit.Token);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            return false;
        }
    }
}

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
