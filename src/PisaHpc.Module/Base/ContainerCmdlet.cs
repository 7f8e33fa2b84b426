using System.Management.Automation;
using PisaHpc.Containers;

namespace PisaHpc.Base;

/// <summary>A cmdlet that does one thing to each container it is given, on all nodes at a time.</summary>
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
    protected sealed override Task EndAsync() => OnEachAsync(_containers, container => container.Node, async (container, stopping) =>
    {
        await using var engine = await Engines.ConnectAsync(container.Node, stopping);
        await ProcessAsync(engine, container, stopping);
    });

    private protected abstract Task ProcessAsync(IContainerEngine engine, HpcContainer container, CancellationToken stopping);
}
