using PisaHpc.Sites;

namespace PisaHpc.Completion;

/// <summary>Completes the ids of jobs that hold a port of the site's port area.</summary>
internal sealed class JobIdCompleter : SiteCompleter
{
    private const string Prefix = "job-";

    /// <inheritdoc/>
    protected override IAsyncEnumerable<CompletionCandidate> FindAsync(
        HpcSite site, IReadOnlyList<string> nodes, CancellationToken cancellationToken) =>
        site.PortArea is { } area
            ? Directory.EnumerateFiles(area.Path, Prefix + "*")
                .Select(file => new CompletionCandidate(Path.GetFileName(file)[Prefix.Length..], $"holds a port of {area.Path}"))
                .ToAsyncEnumerable()
            : AsyncEnumerable.Empty<CompletionCandidate>();
}
