using System.Management.Automation;
using PisaHpc.Access.Ssh;
using PisaHpc.Batch;
using PisaHpc.Containers;
using PisaHpc.Module.Base;
using PisaHpc.Module.Completion;

namespace PisaHpc.Module.Commands;

/// <summary>Shows what would be started on each node, and which layer or object each option came from.</summary>
[Cmdlet(VerbsCommon.New, "HpcContainerPlan", DefaultParameterSetName = FromAllocation)]
[OutputType(typeof(HpcContainerPlan))]
public sealed class NewHpcContainerPlanCommand : PlanCmdlet
{
    /// <summary>The allocation.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = FromAllocation)]
    public HpcAllocation Allocation { get; set; } = null!;

    /// <summary>The job's ssh identity, from New-JobSshConfig.</summary>
    [Parameter(Mandatory = true, ParameterSetName = FromAllocation)]
    public JobSshConfig SshConfig { get; set; } = null!;

    /// <summary>Static environments that the site declares, by name; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, ParameterSetName = FromStatic, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(StaticCompleter))]
    public string[] Static { get; set; } = [];

    /// <summary>Only on these of their nodes; on all of them when none is named.</summary>
    [Parameter(ParameterSetName = FromStatic, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [NodeNames]
    [ArgumentCompleter(typeof(NodeCompleter))]
    [Alias("Nodes")]
    public string[] Node { get; set; } = [];

    /// <inheritdoc/>
    private protected override int UsualTimeoutSec => ShortWorkSec;

    /// <inheritdoc/>
    protected override async Task ProcessAsync() => EmitAll(
        ParameterSetName == FromStatic
            ? await StaticNames.PlanAsync(this, Static, Node, Report, StopToken)
            : await PlanAsync(Allocation, SshConfig));
}
