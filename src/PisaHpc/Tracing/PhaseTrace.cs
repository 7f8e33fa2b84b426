using System.Collections.Concurrent;
using System.Diagnostics;

namespace PisaHpc.Tracing;

/// <summary>
/// Collects the phases of one piece of work, and the requests below them, as they end. Others in the process see the same activities, and
/// other work's are not among them. Work that outlives its caller (<see cref="Detached"/>) is nobody's.
/// </summary>
public sealed class PhaseTrace : IDisposable
{
    /// <summary>The trace that the present code belongs to. It follows calls as <see cref="Activity.Current"/> does.</summary>
    private static readonly AsyncLocal<PhaseTrace?> Current = new();

    private readonly string _command;
    private readonly ConcurrentQueue<HpcPhase> _ended = new();
    private readonly ActivityListener _listener;

    /// <summary>The trace that this one is a part of; it has all that this one has.</summary>
    private PhaseTrace? _around;

    /// <summary>Begins to listen.</summary>
    /// <param name="command">What <see cref="HpcPhase.Command"/> is to say.</param>
    /// <param name="withRequests">Whether requests to nodes are collected too.</param>
    public PhaseTrace(string command, bool withRequests)
    {
        _command = command;
        _listener = new ActivityListener
        {
            ShouldListenTo = source =>
                source.Name == Phases.SourceName || (withRequests && source.Name == NodeRequests.SourceName),
            Sample = (ref _) => IsMine() ? ActivitySamplingResult.AllData : ActivitySamplingResult.None,
            ActivityStopped = Collect,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>What has ended so far: that which began first is first, and what it contains behind it.</summary>
    public IReadOnlyList<HpcPhase> Ended =>
        [.. _ended.OrderBy(phase => phase.StartedAt).ThenByDescending(phase => phase.TookSec)];

    /// <summary>Does a part of the work.</summary>
    public async Task RunAsync(Func<Task> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        if (Current.Value != this)
        {
            (_around, Current.Value) = (Current.Value, this);
        }

        await work();
    }

    /// <summary>Listens no more.</summary>
    public void Dispose() => _listener.Dispose();

    private bool IsMine()
    {
        var trace = Current.Value;
        while (trace is not null && trace != this)
        {
            trace = trace._around;
        }

        return trace is not null;
    }

    private void Collect(Activity activity)
    {
        if (IsMine() && HpcPhase.Of(activity, _command) is { } phase)
        {
            _ended.Enqueue(phase);
        }
    }
}
