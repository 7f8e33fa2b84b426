using System.Collections;
using System.Management.Automation;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.HostLists;
using PisaHpc.Module.Base;
using PisaHpc.Nodes;
using PisaHpc.Ports;
using PisaHpc.Sites;

namespace PisaHpc.Module.Completion;

/// <summary>Completes from the containers that the line names: of a job, of a static environment, or of nodes.</summary>
internal abstract class ContainerCompleter : SiteCompleter
{
    /// <summary>The engines of a site's nodes.</summary>
    internal Func<HpcSite, IEngineConnector> EnginesOf { get; init; } = SiteEngines.Of;

    /// <inheritdoc/>
    protected override string KeyOf(CompletionLine line) => string.Join('\n', Word(line, "JobId"), Word(line, "Static"));

    /// <summary>The containers on a node that the line means.</summary>
    protected static async Task<IEnumerable<HpcContainer>> ListAsync(
        IContainerEngine engine, CompletionLine line, CancellationToken cancellationToken) =>
        (await engine.ListAsync(ContainerLabels.FilterOfAll(), cancellationToken))
            .Select(container => ContainerLabels.ToHpcContainer(engine.Node, container))
            .Where(container => IsMeant(container, line));

    /// <summary>
    /// Where to look: on the nodes named; else where the job has its lease, or the environment is declared; else on the site's.
    /// </summary>
    protected static IReadOnlyList<string> NodesOf(HpcSite site, CompletionLine line)
    {
        if (line.Nodes.Count > 0)
        {
            return NodesNamed(site, line);
        }

        if (Word(line, "Static") is { Length: > 0 } name && site.Static.TryGetValue(name, out var definition))
        {
            return definition.NodeNames();
        }

        var lease = Word(line, "JobId") is { Length: > 0 } job && site.PortArea is { } area ? PortArea.Of(area, _ => { }).Find(job) : null;
        return lease is { Nodes.Count: > 0 } ? lease.Nodes : HostList.Expand(site.Nodes.Names);
    }

    private static bool IsMeant(HpcContainer container, CompletionLine line) =>
        (Word(line, "JobId") is not { Length: > 0 } job || JobIdPattern.OfOwner(job)(container.JobId))
        && (Word(line, "Static") is not { Length: > 0 } name
            || (container.Static is { } own && new WildcardPattern(name).IsMatch(own)));

    private static string Word(CompletionLine line, string parameter) => line.Bound[parameter] switch
    {
        null => "",
        string one => one,
        IEnumerable many => many.Cast<object?>().FirstOrDefault()?.ToString() ?? "",
        var other => other.ToString() ?? "",
    };
}

/// <summary>Completes the names of containers, each once, of whichever nodes answer in time.</summary>
internal sealed class ContainerNameCompleter : ContainerCompleter
{
    private const int NodesAtATime = 32;

    /// <inheritdoc/>
    protected override async IAsyncEnumerable<CompletionCandidate> FindAsync(
        HpcSite site, CompletionLine line, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (nodes, engines) = (NodesOf(site, line), EnginesOf(site));
        var found = Channel.CreateUnbounded<HpcContainer>();
        var asking = AskAsync();
        var names = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var container in found.Reader.ReadAllAsync(cancellationToken))
        {
            if (names.Add(container.Name))
            {
                yield return new CompletionCandidate(container.Name, $"{container.State} on {container.Node}, {container.Image}");
            }
        }

        await asking;

        async Task AskAsync()
        {
            try
            {
                // A node that is down is the command's to name.
                await FanOut.RunAsync(nodes, NodesAtATime, Timeout.InfiniteTimeSpan, ListOnAsync, _ => { }, cancellationToken);
            }
            finally
            {
                found.Writer.Complete();
            }
        }

        async Task ListOnAsync(string node, CancellationToken stopping)
        {
            foreach (var container in await ListAsync(await engines.ConnectAsync(node, stopping), line, stopping))
            {
                await found.Writer.WriteAsync(container, stopping);
            }
        }
    }
}
