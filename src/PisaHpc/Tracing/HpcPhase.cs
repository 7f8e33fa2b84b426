using System.Diagnostics;

namespace PisaHpc.Tracing;

/// <summary>
/// One part of a command's work, with when it began and how long it took: a phase, or a request to a node below it. A trace is a list of
/// them.
/// </summary>
public sealed record HpcPhase
{
    /// <summary>The command whose work it is, such as <c>Start-HpcJob</c>; null when nobody wrote it down.</summary>
    public string? Command { get; init; }

    /// <summary>The job's id; null for work that is no job's.</summary>
    public string? JobId { get; init; }

    /// <summary>The node; null for work on all of them.</summary>
    public string? Node { get; init; }

    /// <summary>What it is: one of <see cref="Tracing.Phase"/>, or of <see cref="NodeRequest"/>.</summary>
    public required string Phase { get; init; }

    /// <summary>What the name leaves open: an image, the node that gives it, the request; null for nothing.</summary>
    public string? Detail { get; init; }

    /// <summary>When it began, in UTC, by the caller's clock.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>How long it took, in seconds.</summary>
    public required double TookSec { get; init; }

    /// <summary>How it ended: the word, one of <see cref="PhaseOutcome"/>.</summary>
    public string Outcome { get; init; } = nameof(PhaseOutcome.Ok);

    /// <summary>Its failure's <see cref="Errors.ErrorId"/>, or else what kind of failure it was; null when it did not fail.</summary>
    public string? ErrorId { get; init; }

    /// <summary>When it ended.</summary>
    internal DateTimeOffset EndedAt => StartedAt + ToTime(TookSec);

    /// <summary>Whether it is a request to a node, and no phase.</summary>
    internal bool IsRequest => Enum.TryParse<NodeRequest>(Phase, out _);

    /// <summary>What happens in it, for people.</summary>
    internal string Words
    {
        get
        {
            var words = Enum.TryParse<Phase>(Phase, out var phase) ? PhaseWords.Of(phase) : Phase;
            return Detail is null ? words : $"{words} {Detail}";
        }
    }

    /// <summary>The phase, where, and its time: what a table or a format string shows.</summary>
    public override string ToString() => FormattableString.Invariant($"{Phase} {TookSec:0.###} s{(Node is null ? "" : $" on {Node}")}");

    /// <summary>Seconds as a time, to the nearest tick: what was rounded before stays where it was.</summary>
    internal static TimeSpan ToTime(double seconds) => TimeSpan.FromTicks((long)Math.Round(seconds * TimeSpan.TicksPerSecond));

    /// <summary>Reads an activity that has ended.</summary>
    /// <returns>Null for one that is neither a phase nor a request.</returns>
    internal static HpcPhase? Of(Activity activity, string command)
    {
        var isRequest = activity.Source.Name == NodeRequests.SourceName;
        if (!isRequest && !Enum.TryParse<Phase>(activity.OperationName, out _))
        {
            return null;
        }

        var end = PhaseEnd.Of(activity);
        return new HpcPhase
        {
            Command = command,
            JobId = PhaseReport.Text(activity, Phases.JobTag),
            Node = PhaseReport.Text(activity, Phases.NodeTag),
            Phase = activity.OperationName,
            Detail = isRequest ? activity.DisplayName : PhaseReport.Text(activity, Phases.DetailTag),
            StartedAt = new DateTimeOffset(activity.StartTimeUtc),
            TookSec = activity.Duration.TotalSeconds,
            Outcome = OutcomeOf(activity, isRequest).ToString(),
            ErrorId = end.ErrorId,
        };
    }

    /// <summary>A request that was answered has no status but that of its failure (OpenTelemetry, HTTP client spans).</summary>
    private static PhaseOutcome OutcomeOf(Activity activity, bool isRequest) =>
        isRequest && activity.Status == ActivityStatusCode.Unset && activity.GetTagItem(Phases.CancelledTag) is null
            ? PhaseOutcome.Ok
            : PhaseEnd.Of(activity).Outcome;
}
