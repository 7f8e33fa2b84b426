using PisaHpc.Engines.Docker;

namespace PisaHpc.Engines;

/// <summary>The kinds of engines that a site's nodes may have: a folder here for each, and one in the adapters.</summary>
public static class KnownEngines
{
    /// <summary>The kind of a site that names none.</summary>
    public static IEngineAdministration Default => DockerAdministration.Instance;

    /// <summary>All of them.</summary>
    public static IReadOnlyList<IEngineAdministration> All { get; } = [DockerAdministration.Instance];
}
