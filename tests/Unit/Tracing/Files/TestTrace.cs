using PisaHpc.Tracing;

namespace PisaHpc.Unit.Tracing.Files;

/// <summary>Traces made by hand: times are seconds after a fixed begin.</summary>
internal static class TestTrace
{
    public static DateTimeOffset Began { get; } = new(2026, 11, 30, 8, 0, 0, TimeSpan.Zero);

    public static HpcPhase Of(string phase, string? node, double from, double to, string? detail = null, string outcome = "Ok") => new()
    {
        Command = "Start-HpcJob",
        JobId = "4711",
        Node = node,
        Phase = phase,
        Detail = detail,
        StartedAt = Began.AddSeconds(from),
        TookSec = to - from,
        Outcome = outcome,
    };

    /// <summary>A start on nodes, of which the last one's container is ready last.</summary>
    public static IReadOnlyList<HpcPhase> Start(int nodes) =>
    [
        Of("StartJob", null, 0, 1 + (nodes * 0.01)),
        Of("LeasePort", null, 0.25, 0.3),
        .. Enumerable.Range(1, nodes).SelectMany(number => OnNode($"n{number:000}", 1 + (number * 0.01))),
    ];

    private static HpcPhase[] OnNode(string node, double ready) =>
    [
        Of("Survey", node, 0, 0.2),
        Of("StartOnNode", node, 0.3, ready),
        Of("WriteAccess", node, 0.3, 0.4),
        Of("StartContainer", node, 0.4, 0.6),
        Of("EngineRequest", node, 0.4, 0.45, "POST /containers/create"),
        Of("WaitUntilReady", node, 0.6, ready),
        Of("NodeCommand", node, 0.6, ready - 0.01, "Access/Ssh/readiness.sh"),
        Of("NodeCommand", node, 0.61, ready, "Containers/control-groups.sh"),
    ];
}
