using PisaHpc.Images;
using PisaHpc.Sites;

namespace PisaHpc.Module.Completion;

/// <summary>Completes the names of the images that the site's environments want.</summary>
internal sealed class ImageCompleter : SiteCompleter
{
    /// <inheritdoc/>
    protected override IAsyncEnumerable<CompletionCandidate> FindAsync(
        HpcSite site, IReadOnlyList<string> nodes, CancellationToken cancellationToken) =>
        WantedImages.Of(site, site.Environments.Keys)
            .Select(image => new CompletionCandidate(image.Name, $"wanted by {string.Join(", ", image.Environments)}"))
            .ToAsyncEnumerable();
}
