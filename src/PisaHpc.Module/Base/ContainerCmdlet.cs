using System.Collections.Concurrent;
using System.Management.Automation;
using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Module.Completion;

namespace PisaHpc.Module.Base;

/// <summary>A cmdlet that does one thing to each container it is given, on all nodes and in all of a node's containers at a time.</summary>
public abstract class ContainerCmdlet : NodeCmdlet
{
    private protected const string ByObject = "InputObject";
    private protected const string ByStatic = "Static";

    private readonly List<HpcContainer> _containers = [];
    private readonly List<(string Name, string[] Nodes)> _asked = [];
    private readonly ConcurrentBag<string> _found = [];
    private readonly ConcurrentBag<(string Name, string Node)> _undeclared = [];

    /// <summary>A container, from Start-HpcContainer or Get-HpcContainer.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = ByObject)]
    public HpcContainer InputObject { get; set; } = null!;

    /// <summary>The containers of static environments, by name; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByStatic)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(StaticCompleter))]
    public string[] Static { get; set; } = [];

    /// <summary>Only on these nodes; on those declared for each environment when none is named.</summary>
    [Parameter(ParameterSetName = ByStatic, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [NodeNames]
    [ArgumentCompleter(typeof(NodeCompleter))]
    [Alias("Nodes")]
    public string[] Node { get; set; } = [];

    /// <summary>Writes the results of each node as soon as they are there, and not in the order of the nodes.</summary>
    [Parameter]
    public SwitchParameter Unordered { get; set; }

    /// <inheritdoc/>
    private protected override bool IsInOrder => !Unordered;

    /// <inheritdoc/>
    protected sealed override Task ProcessAsync()
    {
        if (ParameterSetName == ByObject)
        {
            _containers.Add(InputObject);
        }
        else
        {
            _asked.AddRange(Static.Select(name => (name, Node)));
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected sealed override async Task EndAsync()
    {
        var byNode = _containers.ToLookup(container => container.Node);
        var asked = (from ask in _asked from node in NodesOfStatic(ask.Name, ask.Nodes) select (Node: node, ask.Name)).Distinct()
            .ToLookup(ask => ask.Node, ask => ask.Name);
        var nodes = byNode.Select(group => group.Key).Concat(asked.Select(group => group.Key)).Distinct();
        await (Cluster with { Throttle = NodesAtATime }).OnEachAsync(nodes, ProcessNodeAsync, StopToken);
        ReportUndeclared();

        async Task ProcessNodeAsync(string node, CancellationToken stopping)
        {
            var engine = await Cluster.Engines.ConnectAsync(node, stopping);
            IReadOnlyList<HpcContainer> found = asked.Contains(node) ? await FindStaticAsync(engine, [.. asked[node]], stopping) : [];
            await Task.WhenAll(byNode[node].Concat(found).Select(
                container => OrReportAsync(node, () => ProcessAsync(engine, container, stopping))));
        }
    }

    /// <summary>
    /// Where to look for a static environment: on the nodes named, else on those declared; one that is no longer declared can be anywhere.
    /// </summary>
    private IReadOnlyList<string> NodesOfStatic(string name, string[] named) =>
        named.Length > 0 ? NodesOf(named)
        : WildcardPattern.ContainsWildcardCharacters(name)
            ? [.. StaticNames.DefinitionsOf(this, [name]).SelectMany(definition => definition.NodeNames()).Distinct()]
        : RequiredSite.Static.TryGetValue(name, out var declared) ? declared.NodeNames()
        : NodesOrSite([]);

    private async Task<IReadOnlyList<HpcContainer>> FindStaticAsync(
        IContainerEngine engine, IReadOnlyList<string> names, CancellationToken stopping)
    {
        var every = new Dictionary<string, string?> { [ContainerLabels.Static] = null };
        var patterns = names.Select(name => new WildcardPattern(name)).ToList();
        List<HpcContainer> found =
        [
            .. (await engine.ListAsync(every, stopping)).Select(container => ContainerLabels.ToHpcContainer(engine.Node, container))
                .Where(container => patterns.Any(pattern => pattern.IsMatch(container.Static!))),
        ];
        var has = found.Select(one => one.Static!).ToList();
        has.ForEach(_found.Add);
        foreach (var name in names.Where(name => !WildcardPattern.ContainsWildcardCharacters(name)).Except(has))
        {
            if (SiteDefinition.Static.ContainsKey(name))
            {
                Missing(engine.Node, name);
            }
            else
            {
                _undeclared.Add((name, engine.Node));
            }
        }

        return found;
    }

    /// <summary>
    /// A name that is not declared any more is known by the containers that are left of it. One that no node has either is a slip, of which
    /// nothing is true on any node.
    /// </summary>
    private void ReportUndeclared()
    {
        foreach (var name in _undeclared.GroupBy(missing => missing.Name, missing => missing.Node))
        {
            if (!_found.Contains(name.Key, StringComparer.Ordinal))
            {
                Report(SiteDefinition.StaticNotFound(name.Key, " No node that answered has a container of it."));
                continue;
            }

            foreach (var node in name)
            {
                Missing(node, name.Key);
            }
        }
    }

    /// <summary>What is to be done where a node has no container of a static environment that was named.</summary>
    private protected virtual void Missing(string node, string name) => Report(
        new HpcException(ErrorId.ContainerNotFound, $"Node {node} has no container of static environment {Quote.Of(name)}.", node));

    /// <summary>How many nodes are at it at a time.</summary>
    private protected virtual int NodesAtATime => ThrottleLimit;

    private protected abstract Task ProcessAsync(IContainerEngine engine, HpcContainer container, CancellationToken stopping);
}
