using System.Management.Automation;
using PisaHpc.Access.Ssh;
using PisaHpc.Batch;
using PisaHpc.Containers;
using PisaHpc.Module.Base;

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

    /// <inheritdoc/>
    private protected override int UsualTimeoutSec => ShortWorkSec;

    /// <inheritdoc/>
    protected override async Task ProcessAsync() => EmitAll(await PlanAsync(Allocation, SshConfig));
}
