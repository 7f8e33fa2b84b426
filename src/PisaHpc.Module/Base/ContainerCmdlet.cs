using System.Management.Automation;
using PisaHpc.Containers;
using PisaHpc.Engines;

namespace PisaHpc.Module.Base;

/// <summary>A cmdlet that does one thing to each container it is given, on all nodes and in all of a node's containers at a time.</summary>
public abstract class ContainerCmdlet : NodeCmdlet
{
    private readonly List<HpcContainer> _containers = [];

    /// <summary>A container, from Start-HpcContainer or Get-HpcContainer.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    public HpcContainer InputObject { get; set; } = null!;

    /// <inheritdoc/>
    protected sealed override Task ProcessAsync()
    {
        _containers.Add(InputObject);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected sealed override Task EndAsync()
    {
        var byNode = _containers.ToLookup(container => container.Node);
        return (Cluster with { Throttle = NodesAtATime }).OnEachAsync(byNode.Select(group => group.Key), ProcessNodeAsync, StopToken);

        async Task ProcessNodeAsync(string node, CancellationToken stopping)
        {
            var engine = await Cluster.Engines.ConnectAsync(node, stopping);
            await Task.WhenAll(byNode[node].Select(container => ProcessOrReportAsync(engine, container, stopping)));
        }
    }

    /// <summary>How many nodes are at it at a time.</summary>
    private protected virtual int NodesAtATime => ThrottleLimit;

    /// <summary>One container's failure is its own: the others of its node go on.</summary>
    private async Task ProcessOrReportAsync(IContainerEngine engine, HpcContainer container, CancellationToken stopping)
    {
        try
        {
            await ProcessAsync(engine, container, stopping);
        }
        catch (Exception failure) when (IsFailure(failure))
        {
            ReportNode(new NodeFailure(container.Node, failure));
        }
    }

    private protected abstract Task ProcessAsync(IContainerEngine engine, HpcContainer container, CancellationToken stopping);
}
