using System.Management.Automation;
using PisaHpc.Containers;
using PisaHpc.Module.Completion;

namespace PisaHpc.Module.Base;

/// <summary>A cmdlet that does something inside of containers, as a user there. Its own first argument says what.</summary>
public abstract class InsideContainerCmdlet : ContainerTargetCmdlet
{
    private protected const string ByJob = "Job";
    private protected const string ByNode = "Node";

    /// <summary>A container, from Start-HpcContainer or Get-HpcContainer.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ByObject)]
    public HpcContainer InputObject { get; set; } = null!;

    /// <summary>The containers of jobs; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ByJob)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(JobIdCompleter))]
    public string[] JobId { get; set; } = [];

    /// <summary>The containers of static environments, by name; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByStatic)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(StaticCompleter))]
    public string[] Static { get; set; } = [];

    /// <summary>
    /// Only on these nodes; alone, every container that runs there. With neither a node the nodes of the job, or those declared for the
    /// static environment.
    /// </summary>
    [Parameter(Mandatory = true, ParameterSetName = ByNode)]
    [Parameter(ParameterSetName = ByJob)]
    [Parameter(ParameterSetName = ByStatic)]
    [SupportsWildcards]
    [NodeNames]
    [ArgumentCompleter(typeof(NodeCompleter))]
    [Alias("Nodes")]
    public string[] Node { get; set; } = [];

    /// <summary>As whom: root, or numbers as uid:gid; the user whom the container runs as when not given.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ContainerUserCompleter))]
    public string? User { get; set; }

    /// <summary>Each takes two of the node's sessions for as long as it runs, and what ends one has to find a place too.</summary>
    private protected override int ContainersAtATime => 16;

    /// <inheritdoc/>
    protected sealed override Task ProcessAsync()
    {
        switch (ParameterSetName)
        {
            case ByObject:
                Mean(InputObject);
                break;
            case ByJob:
                MeanJobs(JobId, Node);
                break;
            case ByStatic:
                MeanStatic(Static, Node);
                break;
            default:
                MeanNodes(Node);
                break;
        }

        return Task.CompletedTask;
    }
}
