using PisaHpc.Access;
using PisaHpc.Batch;
using PisaHpc.Devices;
using PisaHpc.Sites;

namespace PisaHpc.Containers;

/// <summary>Everything a plan for one node is made from.</summary>
public sealed record PlanRequest
{
    /// <summary>The environment, its layers merged.</summary>
    public required HpcEnvironment Environment { get; init; }

    /// <summary>The job or the static environment that the container is for.</summary>
    public required Workload Workload { get; init; }

    /// <summary>The node, one of the workload's.</summary>
    public required AllocatedNode Node { get; init; }

    /// <summary>What the node has.</summary>
    public required NodeFacts Facts { get; init; }

    /// <summary>How one will get into the container.</summary>
    public required IContainerAccess Access { get; init; }

    /// <summary>The image that the workload's nodes agree on; null takes the environment's as it is named.</summary>
    public PlannedImage? Image { get; init; }

    /// <summary>The port area that holds the lease; null when the port was given by hand.</summary>
    public string? PortArea { get; init; }

    /// <summary>The attempt: the same on all nodes of one start, another for the next start.</summary>
    public required string Attempt { get; init; }

    /// <summary>The devices chosen by hand; null lets the environment choose among the node's.</summary>
    public IReadOnlyList<IbDevice>? Devices { get; init; }

    /// <summary>Ports to publish beside the job's.</summary>
    public IReadOnlyList<int> PublishedPorts { get; init; } = [];
}
