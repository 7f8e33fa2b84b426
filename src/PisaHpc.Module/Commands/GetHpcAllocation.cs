using System.Management.Automation;
using PisaHpc.Adapters;
using PisaHpc.Batch;
using PisaHpc.Module.Base;
using PisaHpc.Module.Completion;

namespace PisaHpc.Module.Commands;

/// <summary>
/// Gets what the batch system granted: to the current job from the job's environment, to any job from the batch system itself; or makes the
/// same by hand from nodes and slots.
/// </summary>
[Cmdlet(VerbsCommon.Get, "HpcAllocation", DefaultParameterSetName = FromEnvironment)]
[OutputType(typeof(HpcAllocation))]
public sealed class GetHpcAllocationCommand : SiteCmdlet
{
    private const string FromEnvironment = "Environment";
    private const string ByHand = "Manual";
    private const string Asked = "BatchSystem";

    /// <summary>
    /// The nodes of an allocation made by hand: names, a host list such as 'o2wn[01-02]', patterns that match the site's nodes, or objects
    /// that carry a node. The first node is where the job's script would run.
    /// </summary>
    [Parameter(Mandatory = true, ParameterSetName = ByHand, Position = 0)]
    [SupportsWildcards]
    [NodeNames]
    [ArgumentCompleter(typeof(NodeCompleter))]
    public string[] Node { get; set; } = [];

    /// <summary>The slots (ranks) of each node in the order of -Node, or one number for all of them.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByHand, Position = 1)]
    public int[] Slot { get; set; } = [];

    /// <summary>
    /// The job that the batch system is asked for; with -Node and -Slot the id of the allocation made by hand, without which it gets a
    /// unique one.
    /// </summary>
    [Parameter(ParameterSetName = ByHand)]
    [Parameter(Mandatory = true, ParameterSetName = Asked)]
    public string? JobId { get; set; }

    /// <summary>The queue of an allocation made by hand, where the site definition chooses the environment by queue.</summary>
    [Parameter(ParameterSetName = ByHand)]
    [ArgumentCompleter(typeof(QueueCompleter))]
    public string? Queue { get; set; }

    /// <summary>
    /// The batch system to read, where several left variables in the environment: Lsf, Slurm, Pbs or HTCondor. The one to ask for a job,
    /// where the site definition names another.
    /// </summary>
    [Parameter(ParameterSetName = FromEnvironment)]
    [Parameter(ParameterSetName = Asked)]
    [ValidateSet(
        nameof(Batch.Scheduler.Lsf), nameof(Batch.Scheduler.Slurm), nameof(Batch.Scheduler.Pbs), nameof(Batch.Scheduler.HTCondor))]
    public Scheduler? Scheduler { get; set; }

    /// <summary>
    /// The host on which the batch system is asked, reached as the nodes are; else the site definition's batch.host, else this machine.
    /// </summary>
    [Parameter(ParameterSetName = Asked)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NodeCompleter))]
    public string? SubmitHost { get; set; }

    /// <summary>How long the batch system may take to answer, in seconds; 0 is no limit.</summary>
    [Parameter(ParameterSetName = Asked)]
    [ValidateRange(0, 86400)]
    public int TimeoutSec { get; set; } = 60;

    /// <summary>
    /// The user that the job runs as: a login name, a user id, or 'name:uid:gid,gid' in full, which asks no name service. Without it the
    /// user that the batch system names; for an allocation made by hand the current user.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(AccountCompleter))]
    public string? Owner { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync() => Emit(ParameterSetName switch
    {
        ByHand => Manual(),
        Asked => await AskAsync(JobIds.Validate(JobId)),
        _ => AllocationReader.Read(JobEnvironment.OfProcess(), Scheduler, Owner),
    });

    private Task<HpcAllocation> AskAsync(string jobId)
    {
        var owner = Owner is null ? null : JobOwners.Find(Owner);
        return SiteBatchSystem.AskAsync(
            SiteDefinition,
            Scheduler ?? SiteDefinition.Batch.System,
            SubmitHost,
            TimeoutSec == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(TimeoutSec),
            (system, stopping) => system.GetAllocationAsync(jobId, owner, stopping),
            StopToken);
    }

    private HpcAllocation Manual() => ManualAllocation.Create(
        NodesOf(Node), Slot, JobId, Queue, Owner is null ? JobOwners.Current() : JobOwners.Find(Owner), TimeProvider.System);
}
