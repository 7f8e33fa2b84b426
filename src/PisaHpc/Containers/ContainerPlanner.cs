using System.Globalization;
using PisaHpc.Access;
using PisaHpc.Access.Agent;
using PisaHpc.Access.Login;
using PisaHpc.Batch;
using PisaHpc.Containers.Placed;
using PisaHpc.Devices;
using PisaHpc.Engines;
using PisaHpc.Sites;

namespace PisaHpc.Containers;

/// <summary>Makes plans. Pure: what it knows of a node is in the request's facts.</summary>
public static class ContainerPlanner
{
    /// <summary>Makes the plan for one node.</summary>
    /// <param name="request">What the plan is made from.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.PlanConflict"/>, <see cref="ErrorId.MountSourceMissing"/> or <see cref="ErrorId.DeviceMissing"/>, with the node
    /// as target.
    /// </exception>
    public static HpcContainerPlan Plan(PlanRequest request)
    {
        PlanConflicts.Check(request);
        var environment = request.Environment;
        var limits = environment.Limits;
        var (workload, owner, access) = (request.Workload.Id, request.Workload.Owner, request.Access);
        var devices = PlannedDevices.Of(request);
        var spec = new ContainerSpec
        {
            Name = request.Place?.Container ?? ContainerNames.Of(workload, request.Attempt),
            Image = request.Image?.Reference ?? environment.Image,
            Command = access.MainProcess(environment),
            Hostname = HostnameOf(request),
            Network = environment.NetworkMode,
            PublishedPorts = environment.NetworkMode == NetworkMode.Bridge ? PublishedOf(request) : [],
            User = PlannedRights.User(request),
            Groups = PlannedRights.Groups(request),
            Environment = access.Variables(environment, owner),
            Mounts = [.. PlannedMounts.Of(request)],
            Devices = devices,
            Cpus = PlannedLimits.Cpus(request).Value,
            Cpuset = request.Node.Cpuset,
            MemoryBytes = PlannedLimits.Memory(request).Value,
            ShmBytes = limits.ShmBytes,
            MemlockBytes = limits.MemlockBytes,
            OpenFiles = environment.OpenFilesLimit(),
            Pids = limits.Pids,
            CapabilitiesDropped = PlannedRights.CapabilitiesDropped(request),
            Capabilities = PlannedRights.Capabilities(request),
            SecurityOptions = environment.SecurityOptions,
            Privileged = environment.Privileged,
            Init = environment.Init && request.Service?.ImageInit is null,
            Restart = request.Service?.Restart ?? RestartPolicy.No,
            StopSignal = request.Service?.StopSignal,
            Tmpfs = request.Service?.Tmpfs ?? [],
            Labels = LabelsOf(request),
        };
        spec = request.Service is null ? spec : ContainerGeneration.Mark(spec, request.Image?.Id);
        return new HpcContainerPlan(spec, workload)
        {
            Node = request.Node.Name,
            Environment = environment.Name,
            Owner = owner.Name,
            Slots = request.Node.Slots,
            Access = access.Kind.ToString(),
            Port = access.Port ?? 0,
            Directory = access.Directory ?? "",
            Agent = access.Agent?.Program ?? "",
            Logins = (access as LoginAccess)?.Configuration,
            AgentToPut = request.Agent is { } agent && request.Facts.MissingPaths.Contains(agent.File) ? agent : null,
            Place = request.Place,
            AgentPlace = request.Place is null ? null : request.Agent,
            ReadyTimeoutSec = environment.ReadyTimeoutSec,
            ImageId = request.Image?.Id,
            ImageDigest = request.Image?.Digest,
            RequiresLimits = PlannedLimits.AreRequired(request),
            Options = PlanOptions.Of(request, spec),
        };
    }

    private static int[] PublishedOf(PlanRequest request) =>
        request.Access.Port is { } port ? [port, .. request.PublishedPorts] : [.. request.PublishedPorts];

    private static string? HostnameOf(PlanRequest request) => request.Environment.Hostname?
        .Replace("{node}", request.Node.Name, StringComparison.Ordinal)
        .Replace("{job}", JobIds.FileName(request.Workload.Id.Name), StringComparison.Ordinal);

    private static Dictionary<string, string> LabelsOf(PlanRequest request)
    {
        var (environment, workload) = (request.Environment, request.Workload);
        (string Name, string? Value)[] labels =
        [
            (ContainerLabels.Schema, "2"),
            (ContainerLabels.Job, workload.Id.JobId),
            (ContainerLabels.Static, workload.Id.Static),
            (ContainerLabels.Scheduler, workload.Scheduler),
            (ContainerLabels.Cluster, workload.Cluster),
            (ContainerLabels.Queue, workload.Queue),
            (ContainerLabels.Restarts, workload.RestartCount?.ToString(CultureInfo.InvariantCulture)),
            (ContainerLabels.Environment, environment.Name),
            (ContainerLabels.Attempt, request.Attempt),
            (ContainerLabels.Boot, request.Facts.Boot),
            (ContainerLabels.Node, request.Node.Name),
            (ContainerLabels.Slots, request.Node.Slots.ToString(CultureInfo.InvariantCulture)),
            (ContainerLabels.Owner, workload.Owner.Name),
            (ContainerLabels.Access, request.Access.Kind.ToString()),
            (ContainerLabels.Port, request.Access.Port?.ToString(CultureInfo.InvariantCulture)),
            (ContainerLabels.Mpi, environment.Mpi),
            (ContainerLabels.MpiNetwork, environment.MpiNetwork),
            (ContainerLabels.Directory, request.Access.Directory),
            (ContainerLabels.Agent, request.Access.Agent?.Program),
            (ContainerLabels.PortArea, request.PortArea),
            (ContainerLabels.Nodes, workload.NodeSlots),
            (ContainerLabels.StartedBy, request.Service?.StartedBy),
            (ContainerLabels.ReadyTimeout, environment.ReadyTimeoutSec.ToString(CultureInfo.InvariantCulture)),
        ];
        return labels.Where(label => label.Value is not null).ToDictionary(label => label.Name, label => label.Value!);
    }
}

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
    public required IContainerAccess Access
    {
        get;
        init => (field, AccessMounts) = (value, value.Mounts);
    }

    /// <summary>The mounts of that, made once: each mount of a plan is looked for among them.</summary>
    internal IReadOnlyList<ContainerMount> AccessMounts { get; private init; } = [];

    /// <summary>The program of its agent; null where there is none.</summary>
    public AgentPlace? Agent { get; init; }

    /// <summary>Where a job is placed; null where a container is made.</summary>
    public JobPlace? Place { get; init; }

    /// <summary>The image that the workload's nodes agree on; null takes the environment's as it is named.</summary>
    public PlannedImage? Image { get; init; }

    /// <summary>The port area that holds the lease; null when the port was given by hand.</summary>
    public string? PortArea { get; init; }

    /// <summary>The attempt: the same on all nodes of one start, another for the next start.</summary>
    public required string Attempt { get; init; }

    /// <summary>What a static environment's container is beyond a job's; null for a job.</summary>
    public ServiceOptions? Service { get; init; }

    /// <summary>The devices chosen by hand; null lets the environment choose among the node's.</summary>
    public IReadOnlyList<IbDevice>? Devices { get; init; }

    /// <summary>Ports to publish beside the job's.</summary>
    public IReadOnlyList<int> PublishedPorts { get; init; } = [];
}
