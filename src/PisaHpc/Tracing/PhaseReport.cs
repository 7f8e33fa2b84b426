using System.Diagnostics;
using System.Globalization;

namespace PisaHpc.Tracing;

/// <summary>That a phase begins, or how it ended.</summary>
/// <param name="Phase">The phase.</param>
/// <param name="Node">The node; null for a phase of a job as a whole.</param>
/// <param name="Job">The job's id; null for work that is no job's.</param>
/// <param name="Detail">What the phase's name leaves open; null for nothing.</param>
public sealed record PhaseReport(Phase Phase, string? Node, string? Job, string? Detail)
{
    /// <summary>How it ended; null when it begins.</summary>
    public PhaseEnd? End { get; init; }

    /// <summary>What happens in it, for people.</summary>
    public string Words => Detail is null ? PhaseWords.Of(Phase) : $"{PhaseWords.Of(Phase)} {Detail}";

    /// <summary>A line for people: where, what, and how it ended.</summary>
    public override string ToString() => (Node ?? (Job is null ? null : $"job {Job}")) is { } subject
        ? $"{subject}: {Words}{End}"
        : $"{Words}{End}";

    /// <summary>Reads an activity that began, or has ended.</summary>
    /// <returns>Null for one that is no phase.</returns>
    internal static PhaseReport? Of(Activity activity) => Enum.TryParse<Phase>(activity.OperationName, out var phase)
        ? new PhaseReport(phase, Text(activity, Phases.NodeTag), Text(activity, Phases.JobTag), Text(activity, Phases.DetailTag))
        {
            End = activity.IsStopped ? PhaseEnd.Of(activity) : null,
        }
        : null;

    internal static string? Text(Activity activity, string tag) => activity.GetTagItem(tag) as string;
}

/// <summary>How a phase ended.</summary>
/// <param name="Outcome">The outcome.</param>
/// <param name="Duration">How long it took.</param>
/// <param name="ErrorId">Its failure's <see cref="Errors.ErrorId"/>, or the exception's type; null when it did not fail.</param>
/// <param name="Message">Its failure in words; null when it did not fail.</param>
public sealed record PhaseEnd(PhaseOutcome Outcome, TimeSpan Duration, string? ErrorId, string? Message)
{
    /// <summary>As the end of a line: <c>: done in 0.41 s</c>.</summary>
    public override string ToString()
    {
        var time = string.Create(CultureInfo.InvariantCulture, $"{Duration.TotalSeconds:0.00} s");
        return Outcome switch
        {
            PhaseOutcome.Ok => $": done in {time}",
            PhaseOutcome.Cancelled => $": interrupted after {time}",
            _ => $": failed after {time}: {ErrorId}: {Message}",
        };
    }

    internal static PhaseEnd Of(Activity activity) => new(
        activity.Status switch
        {
            ActivityStatusCode.Ok => PhaseOutcome.Ok,
            ActivityStatusCode.Error => PhaseOutcome.Error,
            _ => PhaseOutcome.Cancelled,
        },
        activity.Duration,
        PhaseReport.Text(activity, Phases.ErrorTag),
        activity.StatusDescription);
}

/// <summary>How a phase can end.</summary>
public enum PhaseOutcome
{
    /// <summary>It did what it was to do.</summary>
    Ok,

    /// <summary>It failed.</summary>
    Error,

    /// <summary>It was interrupted: by Ctrl-C, by a time limit around it, or because another node failed.</summary>
    Cancelled,
}
