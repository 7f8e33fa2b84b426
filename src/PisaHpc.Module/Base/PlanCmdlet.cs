using System.Management.Automation;
using System.Net;
using PisaHpc.Access.Ssh;
using PisaHpc.Batch;
using PisaHpc.Containers;
using PisaHpc.Containers.Placed;
using PisaHpc.Devices;
using PisaHpc.Engines;
using PisaHpc.Module.Completion;
using PisaHpc.Sites;
using PisaHpc.Tracing;

namespace PisaHpc.Module.Base;

/// <summary>A cmdlet that turns an allocation and an environment into containers: the parameters that a plan is made from.</summary>
public abstract class PlanCmdlet : NodeCmdlet
{
    /// <summary>The parameter set in which a plan is made; a plan that exists already takes none of these.</summary>
    protected const string FromAllocation = "Allocation";

    /// <summary>The parameter set of those cmdlets that plan static environments too.</summary>
    protected const string FromStatic = "Static";

    /// <summary>The environment, by name or alias; the default of the allocation's queue when none is named.</summary>
    [Parameter(ParameterSetName = FromAllocation)]
    [ArgumentCompleter(typeof(EnvironmentCompleter))]
    public string? Environment { get; set; }

    /// <summary>The image, instead of the environment's.</summary>
    [Parameter(ParameterSetName = FromAllocation)]
    [ArgumentCompleter(typeof(ImageCompleter))]
    public string? Image { get; set; }

    /// <summary>The network, instead of the environment's.</summary>
    [Parameter(ParameterSetName = FromAllocation)]
    public NetworkMode? Network { get; set; }

    /// <summary>More mounts: /path, /path:/target or /path:/target:ro.</summary>
    [Parameter(ParameterSetName = FromAllocation)]
    [ArgumentCompleter(typeof(MountCompleter))]
    public string[] Mount { get; set; } = [];

    /// <summary>The size of /dev/shm, such as 8g.</summary>
    [Parameter(ParameterSetName = FromAllocation)]
    public string? ShmSize { get; set; }

    /// <summary>Locked memory: a size, unlimited, or host for the node's own limit.</summary>
    [Parameter(ParameterSetName = FromAllocation)]
    public string? Memlock { get; set; }

    /// <summary>How many files a process may have open: a number, or host for the engine's own limit.</summary>
    [Parameter(ParameterSetName = FromAllocation)]
    public string? OpenFiles { get; set; }

    /// <summary>Memory, such as 64g.</summary>
    [Parameter(ParameterSetName = FromAllocation)]
    public string? Memory { get; set; }

    /// <summary>More capabilities, without CAP_.</summary>
    [Parameter(ParameterSetName = FromAllocation)]
    [ArgumentCompleter(typeof(CapabilityCompleter))]
    public string[] Capability { get; set; } = [];

    /// <summary>More environment variables.</summary>
    [Parameter(ParameterSetName = FromAllocation)]
    public System.Collections.IDictionary? Variable { get; set; }

    /// <summary>The devices of all nodes, from Get-IbDevice, instead of those the environment chooses.</summary>
    [Parameter(ParameterSetName = FromAllocation)]
    [AllowEmptyCollection]
    [AllowNull]
    public IbDevice[]? Device { get; set; }

    /// <summary>Ports to publish beside the job's; only on a bridge.</summary>
    [Parameter(ParameterSetName = FromAllocation)]
    [ValidateRange(1, IPEndPoint.MaxPort)]
    public int[] PublishPort { get; set; } = [];

    /// <summary>How long a container may take to become ready, in seconds.</summary>
    [Parameter(ParameterSetName = FromAllocation)]
    [ValidateRange(1, 3600)]
    public int? ReadyTimeoutSec { get; set; }

    /// <summary>The containers that these parameters ask for.</summary>
    internal AllocationPlanRequest RequestFor(HpcAllocation allocation)
    {
        var environment = EnvironmentResolver.Resolve(RequiredSite, Environment, allocation.Queue, ParameterLayer.From(this));
        return new AllocationPlanRequest
        {
            Allocation = SiteDefinition.Batch.Named(allocation),
            Environment = environment,
            PortArea = SiteDefinition.PortArea?.Path,
            Agent = SiteEngines.Agent()?.PlaceIn(SiteDefinition.RunDirectory),
            Place = JobPlace.Of(SiteDefinition, environment),
            Devices = MyInvocation.BoundParameters.ContainsKey(nameof(Device)) ? Device ?? [] : null,
            PublishedPorts = PublishPort,
        };
    }

    /// <summary>
    /// Plans an allocation's containers. A node that cannot be planned is reported, and the others are planned; options that exclude each
    /// other are reported once, and other allocations go on.
    /// </summary>
    internal async Task<IReadOnlyList<HpcContainerPlan>> PlanAsync(HpcAllocation allocation, JobSshConfig ssh)
    {
        try
        {
            using var bars = FollowNodes("Planning containers", allocation.Nodes.Count, Phase.Survey);
            return await new AllocationPlanner(Cluster, RequestFor(allocation)).PlanAsync(ssh, StopToken);
        }
        catch (HpcException conflict) when (conflict.Id is ErrorId.PlanConflict or ErrorId.ImageMismatch)
        {
            Report(conflict, allocation.JobId);
            return [];
        }
    }
}
