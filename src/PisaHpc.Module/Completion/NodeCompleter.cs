using PisaHpc.HostLists;
using PisaHpc.Sites;

namespace PisaHpc.Module.Completion;

/// <summary>Completes the names of the site's nodes, one by one and as the host lists that the site writes.</summary>
internal sealed class NodeCompleter : SiteCompleter
{
    /// <inheritdoc/>
    protected override IAsyncEnumerable<CompletionCandidate> FindAsync(
        HpcSite site, IReadOnlyList<string> nodes, CancellationToken cancellationToken)
    {
        var lists = site.Nodes.Names.Select(text => (Text: text, Names: HostList.Expand(text))).ToList();
        var folded = lists
            .Where(list => list.Names.Count > 1)
            .Select(list => new CompletionCandidate(list.Text, $"{Plural.Of(list.Names.Count, "node")}"));
        var names = lists.SelectMany(list => list.Names.Select(name => new CompletionCandidate(name, $"node of {list.Text}")));
        return folded.Concat(names).DistinctBy(candidate => candidate.Text).ToAsyncEnumerable();
    }
}
