using PisaHpc.Sites;

namespace PisaHpc.Module.Completion;

/// <summary>Completes the names of the site's queues.</summary>
internal sealed class QueueCompleter : SiteCompleter
{
    /// <inheritdoc/>
    protected override IAsyncEnumerable<CompletionCandidate> FindAsync(
        HpcSite site, IReadOnlyList<string> nodes, CancellationToken cancellationToken) =>
        site.Queues.Values
            .Select(queue => new CompletionCandidate(
                queue.Name, queue.Environment is null ? "no default environment" : $"default environment {queue.Environment}"))
            .ToAsyncEnumerable();
}
