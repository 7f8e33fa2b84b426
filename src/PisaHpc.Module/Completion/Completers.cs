using PisaHpc.Audit;
using PisaHpc.BatchHooks;
using PisaHpc.BatchHooks.HTCondor;
using PisaHpc.BatchHooks.Lsf;
using PisaHpc.BatchHooks.Slurm;
using PisaHpc.HostLists;
using PisaHpc.Images;
using PisaHpc.Ports;
using PisaHpc.Preflight;
using PisaHpc.Sites;

namespace PisaHpc.Module.Completion;

/// <summary>Completes the names of the site's nodes, one by one and as the host lists that the site writes.</summary>
internal sealed class NodeCompleter : SiteCompleter
{
    /// <inheritdoc/>
    protected override IAsyncEnumerable<CompletionCandidate> FindAsync(
        HpcSite site, CompletionLine line, CancellationToken cancellationToken)
    {
        var lists = site.Nodes.Names.Select(text => (Text: text, Names: HostList.Expand(text))).ToList();
        var folded = lists
            .Where(list => list.Names.Count > 1)
            .Select(list => new CompletionCandidate(list.Text, $"{Plural.Of(list.Names.Count, "node")}"));
        var names = lists.SelectMany(list => list.Names.Select(name => new CompletionCandidate(name, $"node of {list.Text}")));
        return folded.Concat(names).DistinctBy(candidate => candidate.Text).ToAsyncEnumerable();
    }
}

/// <summary>Completes the names and aliases of the site's environments.</summary>
internal sealed class EnvironmentCompleter : SiteCompleter
{
    /// <inheritdoc/>
    protected override IAsyncEnumerable<CompletionCandidate> FindAsync(
        HpcSite site, CompletionLine line, CancellationToken cancellationToken)
    {
        var names = site.Environments.Select(environment => new CompletionCandidate(environment.Key, Describe(site, environment.Value)));
        var aliases = from environment in site.Environments
                      from alias in environment.Value.Aliases
                      select new CompletionCandidate(alias.Value, $"alias of {environment.Key}: {Describe(site, environment.Value)}");
        return names.Concat(aliases).ToAsyncEnumerable();
    }

    private static string Describe(HpcSite site, EnvironmentLayer layer) =>
        layer.Static is { } place ? $"in static environment {place.Value}" : $"image {(layer.Image ?? site.Defaults.Image)?.Value}";
}

/// <summary>Completes the names of the site's queues.</summary>
internal sealed class QueueCompleter : SiteCompleter
{
    /// <inheritdoc/>
    protected override IAsyncEnumerable<CompletionCandidate> FindAsync(
        HpcSite site, CompletionLine line, CancellationToken cancellationToken) =>
        site.Queues.Values
            .Select(queue => new CompletionCandidate(
                queue.Name, queue.Environment is null ? "no default environment" : $"default environment {queue.Environment}"))
            .ToAsyncEnumerable();
}

/// <summary>Completes the names of the site's static environments.</summary>
internal sealed class StaticCompleter : SiteCompleter
{
    /// <inheritdoc/>
    protected override IAsyncEnumerable<CompletionCandidate> FindAsync(
        HpcSite site, CompletionLine line, CancellationToken cancellationToken) =>
        site.Static.Values
            .Select(definition => new CompletionCandidate(
                definition.Name,
                $"environment {definition.Environment}, port {definition.Port}, on {string.Join(", ", definition.Nodes)}"))
            .ToAsyncEnumerable();
}

/// <summary>Completes the names of the images that the site's environments want.</summary>
internal sealed class ImageCompleter : SiteCompleter
{
    /// <inheritdoc/>
    protected override IAsyncEnumerable<CompletionCandidate> FindAsync(
        HpcSite site, CompletionLine line, CancellationToken cancellationToken) =>
        WantedImages.Of(site, site.Environments.Keys)
            .Select(image => new CompletionCandidate(image.Name, $"wanted by {string.Join(", ", image.Environments)}"))
            .ToAsyncEnumerable();
}

/// <summary>Completes the ids of jobs that hold a port of the site's port area.</summary>
internal sealed class JobIdCompleter : SiteCompleter
{
    /// <inheritdoc/>
    protected override IAsyncEnumerable<CompletionCandidate> FindAsync(
        HpcSite site, CompletionLine line, CancellationToken cancellationToken)
    {
        var leases = site.PortArea is { } area ? PortArea.Of(area, _ => { }).List() : [];
        return leases.Select(lease => new CompletionCandidate(lease.JobId, Describe(lease))).ToAsyncEnumerable();
    }

    private static string Describe(JobPort lease) =>
        $"{lease.State} port {lease.Port} of {lease.Owner}{(lease.Nodes.Count == 0 ? "" : $" on {HostList.Fold(lease.Nodes)}")}";
}

/// <summary>Completes the names of the checks of Test-HpcNode.</summary>
internal sealed class NodeCheckCompleter()
    : KnownValueCompleter(NodeChecks.All.Select(check => new CompletionCandidate(check.Name, check.About)));

/// <summary>Completes the names of the checks of Test-HpcBatchHook.</summary>
internal sealed class HookCheckCompleter()
    : KnownValueCompleter(SlurmHookChecks.Names.Union(LsfHookChecks.Names).Union(HTCondorHookChecks.Names)
        .Select(name => new CompletionCandidate(name, HookCheckWords.Of(name))));

/// <summary>Completes the names of the checks of Test-HpcContainer.</summary>
internal sealed class ContainerCheckCompleter()
    : KnownValueCompleter(ContainerChecks.All.Select(check => new CompletionCandidate(check.Name, check.About)));
