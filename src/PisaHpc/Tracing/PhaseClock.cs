using System.Collections.Concurrent;
using System.Diagnostics;

namespace PisaHpc.Tracing;

/// <summary>
/// How long the phases of one piece of work took, for whoever writes it down: unlike an activity it is there when nobody listens. Of a
/// phase that several nodes went through the slowest node's time counts. Used from any thread.
/// </summary>
public sealed class PhaseClock
{
    private readonly ConcurrentDictionary<Phase, PhaseTime> _times = new();

    /// <summary>The times so far, in the order of <see cref="Phase"/>.</summary>
    public IReadOnlyList<PhaseTime> Times => [.. _times.OrderBy(time => time.Key).Select(time => time.Value)];

    /// <summary>Measures work that somebody else runs as the phase, also when it fails.</summary>
    /// <param name="node">The node; null for work on all of them.</param>
    public async Task<T> MeasureAsync<T>(Phase phase, Func<Task<T>> work, string? node = null)
    {
        ArgumentNullException.ThrowIfNull(work);
        var began = Stopwatch.GetTimestamp();
        try
        {
            return await work();
        }
        finally
        {
            var time = new PhaseTime(phase.ToString(), Math.Round(Stopwatch.GetElapsedTime(began).TotalSeconds, 3), node);
            _times.AddOrUpdate(phase, time, (_, known) => known.Seconds >= time.Seconds ? known : time);
        }
    }

    /// <summary>Runs work as a phase (<see cref="Phases"/>) and measures it.</summary>
    /// <param name="node">The node; null for work on all of them.</param>
    public Task<T> RunAsync<T>(Phase phase, Func<Task<T>> work, string? node = null, string? job = null) =>
        MeasureAsync(phase, () => phase.RunAsync(work, node, job), node);

    /// <summary>The same for work without a result.</summary>
    /// <param name="node">The node; null for work on all of them.</param>
    public Task RunAsync(Phase phase, Func<Task> work, string? node = null, string? job = null)
    {
        ArgumentNullException.ThrowIfNull(work);
        return RunAsync(phase, Phases.WithResult(work), node, job);
    }
}

/// <summary>How long a phase took.</summary>
/// <param name="Phase">The phase: the word, one of <see cref="Tracing.Phase"/>.</param>
/// <param name="Seconds">The time, of the slowest node where there are several.</param>
/// <param name="Node">That node; null for a phase of the job as a whole.</param>
public sealed record PhaseTime(string Phase, double Seconds, string? Node)
{
    /// <summary>The phase and its time: what a table or a format string shows.</summary>
    public override string ToString() => FormattableString.Invariant($"{Phase} {Seconds:0.###} s{(Node is null ? "" : $" on {Node}")}");
}
