using System.Collections.Concurrent;
using System.Management.Automation;
using PisaHpc.Access.Ssh;
using PisaHpc.Batch;
using PisaHpc.Containers;
using PisaHpc.Devices;
using PisaHpc.Engines;
using PisaHpc.Module.Completion;
using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.Module.Base;

/// <summary>A cmdlet that turns an allocation and an environment into containers: the parameters that a plan is made from.</summary>
public abstract class PlanCmdlet : NodeCmdlet
{
    /// <summary>The parameter set in which a plan is made; a plan that exists already takes none of these.</summary>
    protected const string FromAllocation = "Allocation";

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
    [ValidateRange(1, 65535)]
    public int[] PublishPort { get; set; } = [];

    /// <summary>How long a container may take to become ready, in seconds.</summary>
    [Parameter(ParameterSetName = FromAllocation)]
    [ValidateRange(1, 3600)]
    public int? ReadyTimeoutSec { get; set; }

    /// <summary>Devices given by hand: null when the parameter was not used, so that the environment chooses.</summary>
    internal IReadOnlyList<IbDevice>? DevicesByHand => MyInvocation.BoundParameters.ContainsKey(nameof(Device)) ? Device ?? [] : null;

    /// <summary>Merges the environment for an allocation: site → queue → environment → these parameters.</summary>
    internal HpcEnvironment ResolveEnvironment(HpcAllocation allocation) =>
        EnvironmentResolver.Resolve(RequiredSite, Environment, allocation.Queue, ParameterLayer.From(this));

    /// <summary>Plans an allocation's containers; a node that cannot be planned is reported, and the others are planned.</summary>
    internal async Task<IReadOnlyList<HpcContainerPlan>> PlanAsync(HpcAllocation allocation, JobSshConfig ssh)
    {
        var environment = ResolveEnvironment(allocation);
        var paths = environment.NodePaths.ToArray();
        var facts = new ConcurrentDictionary<string, NodeFacts>();
        var held = new ConcurrentDictionary<string, StoredImage?>();
        var names = allocation.Nodes.Select(node => node.Name);
        await OnEachAsync(names, ThrottleLimit, FanOut.ForSurvey(NodeTimeout), async (node, stopping) =>
        {
            await using var connection = await Connector.ConnectAsync(node, stopping);
            facts[node] = await NodeProbe.ReadAsync(connection, paths, stopping);
            await using var engine = await Engines.ConnectAsync(node, stopping);
            held[node] = await engine.Images.FindAsync(environment.Image, stopping);
        });
        var image = await PlannedImage.AgreeAsync(Engines, environment.Image, held, StopToken);
        var attempt = ContainerNames.NewAttempt();
        var requests = allocation.Nodes.Where(node => held.ContainsKey(node.Name)).Select(node => new PlanRequest
        {
            Environment = environment,
            Allocation = allocation,
            Node = node,
            Facts = facts[node.Name],
            Ssh = ssh,
            Image = image,
            PortArea = SiteDefinition.PortArea?.Path,
            Attempt = attempt,
            Devices = DevicesByHand,
            PublishedPorts = PublishPort,
        });
        return [.. requests.Select(PlanOrReport).OfType<HpcContainerPlan>()];
    }

    private HpcContainerPlan? PlanOrReport(PlanRequest request)
    {
        try
        {
            return ContainerPlanner.Plan(request);
        }
        catch (Exception failure) when (IsFailure(failure))
        {
            ReportNode(request.Node.Name, failure);
            return null;
        }
    }
}
