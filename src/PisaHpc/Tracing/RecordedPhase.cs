namespace PisaHpc.Tracing;

/// <summary>
/// A phase as it is written down: with its begin in seconds after that of the whole, and without what the whole says already. A job of many
/// nodes has the phases of its slowest ones written down alone: they are what a reader looks for, and a lease's file has its limit.
/// </summary>
/// <param name="Phase">The phase: the word, one of <see cref="Tracing.Phase"/>.</param>
/// <param name="Node">The node; null for a phase of the whole.</param>
/// <param name="At">When it began, in seconds after the whole.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Detail">What the phase's name leaves open; null for nothing.</param>
/// <param name="Outcome">The word, one of <see cref="PhaseOutcome"/>; null for Ok.</param>
/// <param name="ErrorId">What failed; null when nothing did.</param>
internal sealed record RecordedPhase(
    string Phase, string? Node, double At, double Seconds, string? Detail = null, string? Outcome = null, string? ErrorId = null)
{
    /// <summary>Of how many nodes phases are written down.</summary>
    internal const int MostNodes = 64;

    private const int MostDetail = 200;

    /// <summary>What is written down of phases.</summary>
    /// <param name="began">When the whole began.</param>
    public static IReadOnlyList<RecordedPhase> Of(IReadOnlyList<HpcPhase> phases, DateTimeOffset began)
    {
        var slowest = phases.Where(phase => phase.Node is not null)
            .GroupBy(phase => phase.Node!)
            .OrderByDescending(node => node.Max(phase => phase.EndedAt))
            .Take(MostNodes)
            .Select(node => node.Key)
            .ToHashSet(StringComparer.Ordinal);
        return
        [
            .. from phase in phases
               where phase.Node is null || slowest.Contains(phase.Node)
               let at = After(phase.StartedAt)
               select new RecordedPhase(
                   phase.Phase,
                   phase.Node,
                   at,
                   Math.Round(After(phase.EndedAt) - at, 4),
                   phase.Detail is { Length: > MostDetail } detail ? detail[..MostDetail] : phase.Detail,
                   phase.Outcome == nameof(PhaseOutcome.Ok) ? null : phase.Outcome,
                   phase.ErrorId),
        ];

        // Begin and end are rounded, and not the time between: a part never seems to end after its whole.
        double After(DateTimeOffset time) => Math.Round((time - began).TotalSeconds, 4);
    }

    /// <summary>The phase of a whole that began at a time.</summary>
    public HpcPhase Within(DateTimeOffset began, string jobId, string? command) => new()
    {
        Command = command,
        JobId = jobId,
        Node = Node,
        Phase = Phase,
        Detail = Detail,
        StartedAt = began + HpcPhase.ToTime(At),
        TookSec = Seconds,
        Outcome = Outcome ?? nameof(PhaseOutcome.Ok),
        ErrorId = ErrorId,
    };
}
