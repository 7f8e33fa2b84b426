using System.Globalization;
using PisaHpc.Batch;
using PisaHpc.Engines;

namespace PisaHpc.Containers;

/// <summary>The labels that make a container, and its whole job, findable from any node without a database.</summary>
public static class ContainerLabels
{
    /// <summary>The version of this set of labels.</summary>
    public const string Schema = "pisahpc.schema";

    /// <summary>The job's id.</summary>
    public const string Job = "pisahpc.job";

    /// <summary>The batch system.</summary>
    public const string Scheduler = "pisahpc.scheduler";

    /// <summary>The queue; absent when there is none.</summary>
    public const string Queue = "pisahpc.queue";

    /// <summary>The environment's name.</summary>
    public const string Environment = "pisahpc.environment";

    /// <summary>The attempt at starting the job: a requeued job has another.</summary>
    public const string Attempt = "pisahpc.attempt";

    /// <summary>The node's name in the allocation.</summary>
    public const string Node = "pisahpc.node";

    /// <summary>The slots on this node.</summary>
    public const string Slots = "pisahpc.slots";

    /// <summary>The owner's login name.</summary>
    public const string Owner = "pisahpc.owner";

    /// <summary>The job's port.</summary>
    public const string Port = "pisahpc.port";

    /// <summary>The MPI flavour.</summary>
    public const string Mpi = "pisahpc.mpi";

    /// <summary>The network MPI uses; absent when the node's network decides.</summary>
    public const string MpiNetwork = "pisahpc.mpi-network";

    /// <summary>The job's directory on the node.</summary>
    public const string Directory = "pisahpc.directory";

    /// <summary>The port area that holds the lease; absent when none does.</summary>
    public const string PortArea = "pisahpc.port-area";

    /// <summary>All nodes of the job with their slots, as <see cref="SlotMap"/> writes them.</summary>
    public const string Nodes = "pisahpc.nodes";

    /// <summary>The seconds a container may take to become ready.</summary>
    public const string ReadyTimeout = "pisahpc.ready-timeout";

    /// <summary>The filter that finds the containers of a job, or of every job.</summary>
    /// <param name="jobId">The job; null for every job.</param>
    public static IReadOnlyDictionary<string, string?> Filter(string? jobId = null) =>
        new Dictionary<string, string?> { [Job] = jobId };

    /// <summary>Reads a container's labels back.</summary>
    /// <param name="node">The node on which it was found.</param>
    /// <param name="container">The container; it carries <see cref="Job"/>.</param>
    public static HpcContainer ToHpcContainer(string node, EngineContainer container)
    {
        var labels = container.Labels;
        var image = ImageReference.TryParse(container.Image);
        return new HpcContainer
        {
            Node = node,
            JobId = labels[Job],
            Name = container.Name,
            Id = container.Id,
            State = container.State.ToString(),
            Environment = labels.GetValueOrDefault(Environment, ""),
            Image = image?.WithoutDigest().ToString() ?? container.Image,
            ImageDigest = image?.Digest,
            Owner = labels.GetValueOrDefault(Owner, ""),
            Slots = Number(labels, Slots),
            Port = Number(labels, Port),
            Directory = labels.GetValueOrDefault(Directory, ""),
            ReadyTimeoutSec = Number(labels, ReadyTimeout),
            CreatedAt = container.CreatedAt,
        };
    }

    /// <summary>All nodes of the job that a container belongs to, with their slots.</summary>
    public static IReadOnlyList<AllocatedNode> NodesOf(EngineContainer container) =>
        SlotMap.NodesIn(container.Labels.GetValueOrDefault(Nodes, ""));

    private static int Number(IReadOnlyDictionary<string, string> labels, string name) =>
        int.TryParse(labels.GetValueOrDefault(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
