using System.Management.Automation;
using PisaHpc.Containers;
using PisaHpc.Module.Base;
using PisaHpc.Module.Completion;
using PisaHpc.Tracing;

namespace PisaHpc.Module.Commands;

/// <summary>Lists the containers of jobs and of static environments on nodes.</summary>
[Cmdlet(VerbsCommon.Get, "HpcContainer")]
[OutputType(typeof(HpcContainer))]
public sealed class GetHpcContainerCommand : NodeCmdlet
{
    /// <summary>What -JobId is where nobody gives it: every container is meant, one of no job too.</summary>
    private static readonly string[] Unasked = ["*"];

    private ContainerSelection _selection = null!;
    private string[] _named = [];

    /// <summary>The nodes to ask; those of the jobs when none is named, and the site's nodes where no lease tells them.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [NodeNames]
    [ArgumentCompleter(typeof(NodeCompleter))]
    [Alias("Nodes")]
    public string[] Node { get; set; } = [];

    /// <summary>
    /// Only the containers of these jobs; wildcards are allowed. A job named without any that has no container is an error; one that comes
    /// through the pipeline, such as an allocation, may have none yet, and what is no job's has none.
    /// </summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(JobIdCompleter))]
    public string[]? JobId { get; set; } = Unasked;

    /// <summary>Only containers of these names; wildcards are allowed. A name without any that no node has is an error.</summary>
    [Parameter]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ContainerNameCompleter))]
    public string[] Name { get; set; } = ["*"];

    /// <summary>
    /// Only the containers of these static environments, and where no node is named only on the nodes that are declared for them; wildcards
    /// are allowed.
    /// </summary>
    [Parameter]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(StaticCompleter))]
    public string[] Static { get; set; } = [];

    /// <summary>Writes the results of each node as soon as they are there, and not in the order of the nodes.</summary>
    [Parameter]
    public SwitchParameter Unordered { get; set; }

    /// <inheritdoc/>
    private protected override int UsualTimeoutSec => ShortWorkSec;

    /// <inheritdoc/>
    private protected override bool IsInOrder => !Unordered;

    /// <inheritdoc/>
    protected override async Task BeginAsync()
    {
        await base.BeginAsync();
        // What the pipeline gives is bound later.
        _named = MyInvocation.BoundParameters.ContainsKey(nameof(JobId)) ? [.. JobId ?? []] : [];
        _selection = new ContainerSelection(this) { Names = Name, Static = Static };
    }

    /// <inheritdoc/>
    protected override Task ProcessAsync()
    {
        _selection.Ask(Node, ReferenceEquals(JobId, Unasked) ? (string?[])[null] : JobId ?? []);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        var isMeant = _selection.Filter();
        await OnEachAsync("Looking for containers", Phase.Survey, _selection.Nodes, async (node, stopping) =>
        {
            var engine = await Cluster.Engines.ConnectAsync(node, stopping);
            var containers = await engine.ListAsync(ContainerLabels.FilterOfAll(), stopping);
            EmitAll([.. containers.Select(container => ContainerLabels.ToHpcContainer(node, container)).Where(isMeant)]);
        });
        foreach (var missing in _selection.Missing(_named))
        {
            Report(missing);
        }
    }
}
