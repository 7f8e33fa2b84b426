using PisaHpc.Sites;

namespace PisaHpc.Module.Completion;

/// <summary>Completes the names and aliases of the site's environments.</summary>
internal sealed class EnvironmentCompleter : SiteCompleter
{
    /// <inheritdoc/>
    protected override IAsyncEnumerable<CompletionCandidate> FindAsync(
        HpcSite site, IReadOnlyList<string> nodes, CancellationToken cancellationToken)
    {
        var names = site.Environments.Select(environment => new CompletionCandidate(environment.Key, Describe(site, environment.Value)));
        var aliases = from environment in site.Environments
                      from alias in environment.Value.Aliases
                      select new CompletionCandidate(alias.Value, $"alias of {environment.Key}: {Describe(site, environment.Value)}");
        return names.Concat(aliases).ToAsyncEnumerable();
    }

    private static string Describe(HpcSite site, EnvironmentLayer layer) => $"image {(layer.Image ?? site.Defaults.Image)?.Value}";
}
