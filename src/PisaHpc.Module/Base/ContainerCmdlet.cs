using System.Management.Automation;
using PisaHpc.Containers;
using PisaHpc.Module.Completion;

namespace PisaHpc.Module.Base;

/// <summary>A cmdlet that does one thing to each container it is given, or to those of static environments.</summary>
public abstract class ContainerCmdlet : ContainerTargetCmdlet
{
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
            Mean(InputObject);
        }
        else
        {
            MeanStatic(Static, Node);
        }

        return Task.CompletedTask;
    }
}
