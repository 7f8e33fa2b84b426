using System.Runtime.InteropServices;

namespace PisaHpc.Hook;

/// <summary>
/// What ends a hook before its work does: SIGINT, SIGTERM, SIGHUP, or its own deadline. It then takes back what it started; from a second
/// one on that is bounded, since a batch system kills what does not end.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private static readonly TimeSpan PatienceAfterSecond = TimeSpan.FromSeconds(20);

    // Not disposed of: a signal may arrive while the work ends.
    private readonly CancellationTokenSource _stop = new();
    private readonly Action<string> _say;
    private readonly LastWords _last;
    private readonly PosixSignalRegistration[] _signals;
    private readonly Timer? _deadline;
    private readonly Lock _gate = new();
    private volatile InterruptionCause? _cause;
    private Timer? _lastResort;
    private bool _isOver;

    /// <summary>Begins to listen.</summary>
    /// <param name="deadline">How long the work may take; null for no limit.</param>
    /// <param name="say">Told what a second one means.</param>
    /// <param name="last">What it ends with when it has to give up.</param>
    public Interruption(TimeSpan? deadline, Action<string> say, LastWords last)
    {
        (_say, _last) = (say, last);
        _signals =
        [
            Listen(PosixSignal.SIGHUP, new InterruptionCause("SIGHUP", 129)),
            Listen(PosixSignal.SIGINT, new InterruptionCause("SIGINT", 130)),
            Listen(PosixSignal.SIGTERM, new InterruptionCause("SIGTERM", 143)),
        ];
        if (deadline is { } limit)
        {
            var cause = new InterruptionCause($"its deadline of {limit.TotalSeconds:0} s", HookExit.MayPass);
            _deadline = new Timer(_ => Stop(cause), null, limit, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Cancelled when the work is to end.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>What came first; null as long as nothing did.</summary>
    public InterruptionCause? Cause => _cause;

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _isOver = true;
            _lastResort?.Dispose();
        }

        Array.ForEach(_signals, signal => signal.Dispose());
        _deadline?.Dispose();
    }

    private PosixSignalRegistration Listen(PosixSignal signal, InterruptionCause cause) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        Stop(cause);
    });

    /// <summary>Ends the work; a second time bounds what it takes back.</summary>
    internal void Stop(InterruptionCause cause)
    {
        lock (_gate)
        {
            if (_isOver)
            {
                return;
            }

            if (_cause is null)
            {
                _cause = cause;
                _ = _stop.CancelAsync();
            }
            else if (_lastResort is null)
            {
                _say($"still at it after {_cause.Words}: ends in {PatienceAfterSecond.TotalSeconds:0} s in any case");
                _lastResort = new Timer(_ => GiveUp(), null, PatienceAfterSecond, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private void GiveUp()
    {
        _say(_last.Words);
        Environment.Exit(_last.ExitCode);
    }
}

/// <summary>What a hook says and ends with that gave up after a second interruption.</summary>
internal sealed record LastWords(string Words, int ExitCode)
{
    /// <summary>Those of a start or a stop.</summary>
    public static LastWords OfJob { get; } = new(
        "gave up, and something of the job may be left on its nodes: stop the job when they answer again", HookExit.LeftBehind);

    /// <summary>Those of a sweep.</summary>
    public static LastWords OfSweep { get; } = new("gave up: the next sweep goes on", HookExit.MayPass);
}

/// <summary>What interrupted a hook.</summary>
/// <param name="Words">Its name.</param>
/// <param name="ExitCode">What a start ends with then: 128 and the signal's number, or that of what may work another time.</param>
internal sealed record InterruptionCause(string Words, int ExitCode);
