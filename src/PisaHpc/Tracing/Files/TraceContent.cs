using System.Globalization;

namespace PisaHpc.Tracing.Files;

/// <summary>A trace as its files show it: by places, the slowest node first, with what the whole waited for.</summary>
internal sealed record TraceContent
{
    private TraceContent(IReadOnlyList<HpcPhase> phases)
    {
        StartedAt = phases.Min(phase => phase.StartedAt);
        TookSec = (phases.Max(phase => phase.EndedAt) - StartedAt).TotalSeconds;
        Chain = WaitChain.Of(phases);
        Places =
        [
            .. from phase in phases
               group phase by phase.Node into place
               orderby place.Key is null descending, place.Max(phase => phase.EndedAt) descending, place.Key
               select new TracePlace(
                   place.Key, [.. place.OrderBy(phase => phase.StartedAt).ThenByDescending(phase => phase.TookSec)]),
        ];
        Title = TitleOf(phases, Places.Count(place => place.Node is not null), TookSec);
    }

    /// <summary>When the first phase began.</summary>
    public DateTimeOffset StartedAt { get; }

    /// <summary>How long it was from there to the last one's end, in seconds.</summary>
    public double TookSec { get; }

    /// <summary>The command, the job and the total.</summary>
    public string Title { get; }

    /// <summary>What was waited for.</summary>
    public WaitChain Chain { get; }

    /// <summary>The longest that was waited for, in words.</summary>
    public string WaitedFor => Chain.WordsOf(TookSec);

    /// <summary>What went on for all nodes, where there was such; then each node, the one that was done last first.</summary>
    public IReadOnlyList<TracePlace> Places { get; }

    /// <summary>Orders a trace.</summary>
    /// <param name="phases">At least one.</param>
    public static TraceContent Of(IReadOnlyList<HpcPhase> phases)
    {
        ArgumentOutOfRangeException.ThrowIfZero(phases.Count);
        return new TraceContent(phases);
    }

    private static string TitleOf(IReadOnlyList<HpcPhase> phases, int nodes, double tookSec)
    {
        string[] commands = [.. phases.Select(phase => phase.Command).OfType<string>().Distinct()];
        string[] jobs = [.. phases.Select(phase => phase.JobId).OfType<string>().Distinct()];
        string?[] parts =
        [
            commands is [] ? "Trace" : string.Join(", ", commands),
            jobs switch { [] => null, [var job] => $"job {job}", _ => Plural.Of(jobs.Length, "job") },
            nodes == 0 ? null : Plural.Of(nodes, "node"),
            string.Create(CultureInfo.InvariantCulture, $"{tookSec:0.000} s"),
        ];
        return string.Join(", ", parts.OfType<string>());
    }
}

/// <summary>What went on at one place.</summary>
/// <param name="Node">The node; null for what was done for all of them.</param>
/// <param name="Phases">Its phases and requests, in the order in which they began.</param>
internal sealed record TracePlace(string? Node, IReadOnlyList<HpcPhase> Phases)
{
    /// <summary>What it is called.</summary>
    public string Name => Node ?? "all nodes";

    /// <summary>When it was done.</summary>
    public DateTimeOffset EndedAt => Phases.Max(phase => phase.EndedAt);
}
