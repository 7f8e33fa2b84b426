using System.Management.Automation;
using PisaHpc.Module.Completion;

namespace PisaHpc.Module.Base;

/// <summary>A cmdlet that goes to many nodes at a time, when the last of them is named.</summary>
public abstract class NodeListCmdlet : NodeCmdlet
{
    private readonly List<string> _named = [];

    /// <summary>The nodes; the site's nodes when none is named.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
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
        _named.AddRange(Node);
        return Task.CompletedTask;
    }

    /// <summary>Whether the site's nodes are meant, since none was named and none comes by the pipeline.</summary>
    private protected bool MeansSite => _named.Count == 0 && !MyInvocation.ExpectingInput;

    /// <summary>The nodes that are meant, each once. A pipeline that held no node means none, and not the whole site.</summary>
    private protected IReadOnlyList<string> NodesMeant() =>
        [.. (MyInvocation.ExpectingInput ? NodesOf(_named) : NodesOrSite(_named)).Distinct(StringComparer.Ordinal)];

    /// <summary>The nodes that are meant by what is bound at this moment.</summary>
    private protected IReadOnlyList<string> NodesNow => MyInvocation.ExpectingInput ? NodesOf(Node) : NodesOrSite(Node);

    /// <summary>What was found of the nodes that are meant, in their order.</summary>
    private protected IEnumerable<T> InOrder<T>(IEnumerable<T> found, Func<T, string> nodeOf)
    {
        var places = NodesMeant().Index().ToDictionary(node => node.Item, node => node.Index, StringComparer.Ordinal);
        return found.OrderBy(one => places[nodeOf(one)]);
    }
}
