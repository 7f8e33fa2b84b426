using PisaHpc.HostLists;
using PisaHpc.Ports;
using PisaHpc.Sites;

namespace PisaHpc.Module.Completion;

/// <summary>Completes the ids of jobs that hold a port of the site's port area.</summary>
internal sealed class JobIdCompleter : SiteCompleter
{
    /// <inheritdoc/>
    protected override IAsyncEnumerable<CompletionCandidate> FindAsync(
        HpcSite site, IReadOnlyList<string> nodes, CancellationToken cancellationToken)
    {
        var leases = site.PortArea is { } area ? PortArea.Of(area, _ => { }).List() : [];
        return leases.Select(lease => new CompletionCandidate(lease.JobId, Describe(lease))).ToAsyncEnumerable();
    }

    private static string Describe(JobPort lease) =>
        $"{lease.State} port {lease.Port} of {lease.Owner}{(lease.Nodes.Count == 0 ? "" : $" on {HostList.Fold(lease.Nodes)}")}";
}
