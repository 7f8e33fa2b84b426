using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Ports;

namespace PisaHpc.Jobs;

/// <summary>Whose job it is that something was found of.</summary>
/// <param name="Schedulers">
/// The batch systems that granted it, by their own words, none where nothing tells: more than one where jobs of two have one id.
/// </param>
/// <param name="Clusters">The clusters that granted it; none where nothing tells.</param>
/// <param name="NewestAt">When the newest of what was found was made; null where nothing tells.</param>
internal sealed record JobOrigin(IReadOnlyList<string> Schedulers, IReadOnlyList<string> Clusters, DateTimeOffset? NewestAt)
{
    /// <summary>That of a job by its lease and its containers.</summary>
    public static JobOrigin Of(JobPort? lease, IEnumerable<EngineContainer> containers)
    {
        EngineContainer[] found = [.. containers];
        return new JobOrigin(
            Words(found, ContainerLabels.Scheduler, lease?.Scheduler),
            Words(found, ContainerLabels.Cluster, lease?.Cluster),
            found.Select(container => (DateTimeOffset?)container.CreatedAt).Append(lease?.LeasedAt).Max());
    }

    private static string[] Words(IEnumerable<EngineContainer> found, string label, string? ofLease) =>
    [
        .. found.Select(container => container.Labels.GetValueOrDefault(label)).Append(ofLease)
            .OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
    ];
}
