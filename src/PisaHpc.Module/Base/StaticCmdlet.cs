using System.Management.Automation;
using PisaHpc.Module.Completion;
using PisaHpc.Sites;

namespace PisaHpc.Module.Base;

/// <summary>A cmdlet for all static environments of a site, or for some of them, or on some of their nodes.</summary>
public abstract class StaticCmdlet : NodeCmdlet
{
    private readonly List<(string[] Names, string[] Nodes)> _asked = [];
    private ILookup<string, string>? _names;

    /// <summary>Static environments that the site declares, by name; wildcards are allowed. All of them without it.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(StaticCompleter))]
    public string[] Static { get; set; } = ["*"];

    /// <summary>Only these of their nodes; all of them when none is named.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [NodeNames]
    [ArgumentCompleter(typeof(NodeCompleter))]
    [Alias("Nodes")]
    public string[] Node { get; set; } = [];

    /// <summary>What was asked for: names and the nodes that were named with them.</summary>
    private protected IReadOnlyList<(string[] Names, string[] Nodes)> Asked => _asked;

    /// <inheritdoc/>
    protected sealed override Task ProcessAsync()
    {
        _asked.Add((Static, Node));
        return Task.CompletedTask;
    }

    /// <summary>The names of all static environments that the site declares on a node, whichever are meant.</summary>
    private protected IReadOnlySet<string> DeclaredOn(string node)
    {
        // Of all nodes at once: to expand the lists for each node anew is a million names for a thousand nodes.
        _names ??= (from definition in RequiredSite.Static.Values
                    from name in definition.NodeNames()
                    select (Node: name, definition.Name)).ToLookup(on => on.Node, on => on.Name, StringComparer.Ordinal);
        return _names[node].ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>
    /// The declarations of each node that are meant. Where all names are meant, those nodes of the site are among them for which none is
    /// declared: they may have a container of one that was.
    /// </summary>
    /// <param name="wrong">
    /// Told of each name that is not declared (<see cref="ErrorId.StaticNotFound"/>) and each node that is not declared for what is named
    /// (<see cref="ErrorId.InvalidValue"/>), once; the others are meant all the same.
    /// </param>
    /// <param name="undeclared">Names that may be those of no declaration.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.SiteMissing"/>.</exception>
    private protected IReadOnlyDictionary<string, IReadOnlyList<StaticDefinition>> Declared(
        Action<HpcException> wrong, params IReadOnlyCollection<string> undeclared)
    {
        var told = new HashSet<string>(StringComparer.Ordinal);
        var declared = from pair in _asked
                       let strict = !pair.Names.Any(WildcardPattern.ContainsWildcardCharacters)
                       from definition in StaticNames.DefinitionsOf(this, pair.Names.Except(undeclared), Once)
                       from node in StaticNames.NodesOf(this, definition, pair.Nodes, strict, Once)
                       group definition by node;
        var byNode = declared.ToDictionary(
            group => group.Key, group => (IReadOnlyList<StaticDefinition>)[.. group.DistinctBy(definition => definition.Name)]);
        foreach (var node in _asked.Where(pair => pair.Names.Contains("*")).SelectMany(pair => NodesOrSite(pair.Nodes)))
        {
            byNode.TryAdd(node, []);
        }

        return byNode;

        void Once(HpcException failure)
        {
            if (told.Add(failure.Message))
            {
                wrong(failure);
            }
        }
    }
}
