using PisaHpc.Sites;

namespace PisaHpc.Adapters.Yaml;

/// <summary>
/// What one part of a definition says of another: queues and static environments of environments, aliases of each other, environments of
/// images.
/// </summary>
internal static class SiteReferences
{
    /// <summary>Checks them.</summary>
    /// <param name="findings">Where errors go.</param>
    public static void Check(HpcSite site, FindingList findings)
    {
        CheckAliases(site, findings);
        CheckEnvironments(site, findings);
        CheckPlaces(site, findings);
        CheckStatics(site, findings);
        CheckImages(site, findings);
    }

    private static void CheckAliases(HpcSite site, FindingList findings)
    {
        var owners = site.Environments.Keys.ToDictionary(name => name, name => name, StringComparer.OrdinalIgnoreCase);
        foreach (var (name, layer) in site.Environments)
        {
            foreach (var alias in layer.Aliases.Where(alias => !owners.TryAdd(alias.Value, name)))
            {
                findings.Error(
                    "DuplicateAlias", alias.Source!,
                    $"environments.{name}.aliases: {Quote.Of(alias.Value)} already means environment {owners[alias.Value]}",
                    "Give each environment names of its own.");
            }
        }
    }

    private static void CheckEnvironments(HpcSite site, FindingList findings)
    {
        var aliases = site.Environments.Values.SelectMany(layer => layer.Aliases.Select(alias => alias.Value));
        var known = site.Environments.Keys.Concat(aliases).ToList();
        var named = site.Queues.Select(queue => (Key: $"queues.{queue.Key}.environment", queue.Value.Environment))
            .Concat(site.Static.Select(definition => (Key: $"static.{definition.Key}.environment", (string?)definition.Value.Environment)));
        foreach (var (key, environment) in named)
        {
            if (environment is null || !site.Positions.TryGetValue(key, out var position)
                || known.Contains(environment, StringComparer.OrdinalIgnoreCase))
            {
                continue;
            }

            var nearest = Spelling.Nearest(environment, known);
            var meant = nearest is null ? "" : $"; did you mean {Quote.Of(nearest)}?";
            findings.Error(
                "UnknownEnvironment", position, $"{key}: environment {Quote.Of(environment)} is not defined{meant}",
                known.Count == 0 ? "Define it under 'environments'." : $"The environments are {string.Join(", ", known)}.");
        }
    }

    private static void CheckPlaces(HpcSite site, FindingList findings)
    {
        foreach (var (name, layer) in site.Environments.Where(environment => environment.Value.Static is not null))
        {
            var place = layer.Static!;
            if (!site.Static.TryGetValue(place.Value, out var definition))
            {
                findings.Error(
                    "UnknownStatic", place.Source!,
                    $"environments.{name}.static: static environment {Quote.Of(place.Value)} is not declared",
                    site.Static.Count == 0
                        ? "Declare it under 'static'."
                        : $"The static environments are {string.Join(", ", site.Static.Keys)}.");
            }
            else if (!definition.Jobs)
            {
                findings.Error(
                    "StaticWithoutJobs", place.Source!,
                    $"environments.{name}.static: static environment {place.Value} takes no jobs",
                    $"Write jobs: true under static.{place.Value}, and take it up by Sync-HpcEnvironment {place.Value}.");
            }
        }
    }

    /// <summary>What stands on a node is made of an image: an environment that only leads to another container has none.</summary>
    private static void CheckStatics(HpcSite site, FindingList findings)
    {
        foreach (var (name, definition) in site.Static)
        {
            if (EnvironmentResolver.FindName(site, definition.Environment) is { } own && site.Environments[own].Static is { } place
                && definition.PositionIn(site, "environment") is { } position)
            {
                findings.Error(
                    "BadValue", position,
                    $"static.{name}.environment: {own} has no image of its own, its jobs are placed into static environment {place.Value}",
                    $"Make {name} of an environment with an image.");
            }
        }
    }

    private static void CheckImages(HpcSite site, FindingList findings)
    {
        if (site.Positions.ContainsKey("defaults.image"))
        {
            return;
        }

        foreach (var name in site.Environments.Where(environment => environment.Value.Static is null)
            .Select(environment => environment.Key).Where(name => !site.Positions.ContainsKey($"environments.{name}.image")))
        {
            findings.Error(
                "MissingKey", site.Positions[$"environments.{name}"],
                $"environments.{name}: key 'image' is missing, and the defaults have none",
                "Add 'image'.");
        }
    }
}
