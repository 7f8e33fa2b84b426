using System.Globalization;
using PisaHpc.Engines;

namespace PisaHpc.Environments;

/// <summary>
/// A container that ends and is started by its engine again and again. At most moments it is seen running: its engine's count of restarts
/// tells, together with when it was started last. What is wrong with it is in its log, and a new container would be no better.
/// </summary>
internal static class RestartLoop
{
    /// <summary>So many restarts are a loop; one is what a crash, or an engine that came back, leaves.</summary>
    public const int Restarts = 3;

    /// <summary>How long ago the last start may be for it.</summary>
    public static readonly TimeSpan Recent = TimeSpan.FromMinutes(10);

    /// <summary>
    /// How a container differs, the loop told in place of a moment at which nobody gets in, else beside the rest as a warning.
    /// </summary>
    /// <param name="now">What the node's clock shows; null for it not to be known.</param>
    public static IEnumerable<HpcEnvironmentDifference> In(ComparedContainer compared, DateTimeOffset? now)
    {
        var differences = compared.Differences();
        if (!IsOne(compared.Found, now))
        {
            return differences;
        }

        var loop = EnvironmentComparison.Looping(compared.Plan, SaidOf(compared.Found.Inspection!.Restarts));
        return differences.Any(difference => difference.Kind == nameof(DifferenceKind.NotReady))
            ? differences.Select(difference => difference.Kind == nameof(DifferenceKind.NotReady) ? loop : difference)
            : differences.Prepend(loop with { Severity = nameof(DifferenceSeverity.Warning) });
    }

    private static bool IsOne(FoundContainer found, DateTimeOffset? now) =>
        found is { Container.State: ContainerState.Running, Inspection: { Restarts: >= Restarts, Container.StartedAt: { } started } }
        && now - started < Recent;

    /// <summary>In steps, so that nodes that loop alike are alike.</summary>
    private static string SaidOf(long restarts)
    {
        var least = restarts >= 1000 ? 1000 : restarts >= 100 ? 100 : restarts >= 10 ? 10 : Restarts;
        return string.Create(CultureInfo.InvariantCulture, $"it ends and is started, {least} times or more by now");
    }
}
