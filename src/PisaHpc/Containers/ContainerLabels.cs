using System.Globalization;
using PisaHpc.Access;
using PisaHpc.Batch;
using PisaHpc.Engines;

namespace PisaHpc.Containers;

/// <summary>
/// The labels that make a container, and its whole job, findable from any node without a database. Schema 2 adds <see cref="Static"/>
/// and <see cref="Access"/>; what a container of schema 1 carries means the same in both, so that one reader serves them all.
/// </summary>
public static class ContainerLabels
{
    /// <summary>The version of this set of labels, on every container that the module makes.</summary>
    public const string Schema = "pisahpc.schema";

    /// <summary>The job's id; absent where the container belongs to no job.</summary>
    public const string Job = "pisahpc.job";

    /// <summary>The static environment's name; absent where the container belongs to none.</summary>
    public const string Static = "pisahpc.static";

    /// <summary>The batch system; absent when none granted anything.</summary>
    public const string Scheduler = "pisahpc.scheduler";

    /// <summary>The batch system's own name of its cluster; absent before it was kept, and where the batch system has none.</summary>
    public const string Cluster = "pisahpc.cluster";

    /// <summary>The queue; absent when there is none.</summary>
    public const string Queue = "pisahpc.queue";

    /// <summary>How often the job was started anew; absent when the batch system does not say, and before labels had it.</summary>
    public const string Restarts = "pisahpc.restarts";

    /// <summary>The environment's name.</summary>
    public const string Environment = "pisahpc.environment";

    /// <summary>The attempt at a start: a requeued job has another.</summary>
    public const string Attempt = "pisahpc.attempt";

    /// <summary>
    /// The boot of the node in which it was created (random(4), boot_id); absent in schema 1, and where the node did not tell.
    /// </summary>
    public const string Boot = "pisahpc.boot";

    /// <summary>The node's name, as the job or the static environment knows it.</summary>
    public const string Node = "pisahpc.node";

    /// <summary>The slots on this node.</summary>
    public const string Slots = "pisahpc.slots";

    /// <summary>The owner's login name.</summary>
    public const string Owner = "pisahpc.owner";

    /// <summary>How one gets into it, one of <see cref="AccessKind"/>; absent in schema 1, which knew ssh alone.</summary>
    public const string Access = "pisahpc.access";

    /// <summary>The port on which the container's sshd listens; absent where it has none.</summary>
    public const string Port = "pisahpc.port";

    /// <summary>The MPI flavour.</summary>
    public const string Mpi = "pisahpc.mpi";

    /// <summary>The network MPI uses; absent when the node's network decides.</summary>
    public const string MpiNetwork = "pisahpc.mpi-network";

    /// <summary>The directory on the node of which the container's ssh identity is; absent where it has none.</summary>
    public const string Directory = "pisahpc.directory";

    /// <summary>The directory on the node with the program of the container's agent; absent where it has none.</summary>
    public const string Agent = "pisahpc.agent";

    /// <summary>The port area that holds the lease; absent when none does.</summary>
    public const string PortArea = "pisahpc.port-area";

    /// <summary>All nodes of the job or the static environment with their slots, as <see cref="SlotMap"/> writes them.</summary>
    public const string Nodes = "pisahpc.nodes";

    /// <summary>
    /// What was declared and planned when a static environment's container was made (<see cref="ContainerGeneration"/>); absent elsewhere.
    /// </summary>
    public const string Generation = "pisahpc.generation";

    /// <summary>Who started a static environment's container, as <c>user@host</c>; absent elsewhere.</summary>
    public const string StartedBy = "pisahpc.started-by";

    /// <summary>The seconds a container may take to become ready.</summary>
    public const string ReadyTimeout = "pisahpc.ready-timeout";

    /// <summary>The filter that finds the containers of a job, or of every job; those of no job are never among them.</summary>
    /// <param name="jobId">The job; null for every job.</param>
    public static IReadOnlyDictionary<string, string?> Filter(string? jobId = null) =>
        new Dictionary<string, string?> { [Job] = jobId };

    /// <summary>The filter that finds the containers of a job or of a static environment.</summary>
    public static IReadOnlyDictionary<string, string?> Filter(WorkloadId workload)
    {
        ArgumentNullException.ThrowIfNull(workload);
        return new Dictionary<string, string?> { [workload.Kind == WorkloadKind.Job ? Job : Static] = workload.Name };
    }

    /// <summary>The filter that finds every container that the module made, whatever for.</summary>
    public static IReadOnlyDictionary<string, string?> FilterOfAll() => new Dictionary<string, string?> { [Schema] = null };

    /// <summary>What a container was made for, by labels of any schema.</summary>
    /// <returns>The job or the static environment; null when the labels name neither.</returns>
    public static WorkloadId? WorkloadOf(EngineContainer container)
    {
        ArgumentNullException.ThrowIfNull(container);
        return container.Labels.TryGetValue(Job, out var jobId) ? WorkloadId.Job(jobId)
            : container.Labels.TryGetValue(Static, out var name) ? WorkloadId.StaticEnvironment(name)
            : null;
    }

    /// <summary>Reads a container's labels back.</summary>
    /// <param name="node">The node on which it was found.</param>
    /// <param name="container">A container that the module made.</param>
    public static HpcContainer ToHpcContainer(string node, EngineContainer container)
    {
        var labels = container.Labels;
        var workload = WorkloadOf(container);
        var image = ImageReference.TryParse(container.Image);
        return new HpcContainer
        {
            Node = node,
            JobId = workload?.JobId,
            Static = workload?.Static,
            Name = container.Name,
            Id = container.Id,
            State = container.State.ToString(),
            Environment = labels.GetValueOrDefault(Environment, ""),
            Image = image?.WithoutDigest().ToString() ?? container.Image,
            ImageDigest = image?.Digest,
            Owner = labels.GetValueOrDefault(Owner, ""),
            Slots = Number(labels, Slots),
            Access = labels.GetValueOrDefault(Access, nameof(AccessKind.Ssh)),
            Port = Number(labels, Port),
            Directory = labels.GetValueOrDefault(Directory, ""),
            Agent = labels.GetValueOrDefault(Agent, ""),
            ReadyTimeoutSec = Number(labels, ReadyTimeout),
            Generation = labels.GetValueOrDefault(Generation),
            StartedBy = labels.GetValueOrDefault(StartedBy),
            CreatedAt = container.CreatedAt,
        };
    }

    /// <summary>All nodes of what a container belongs to, with their slots.</summary>
    public static IReadOnlyList<AllocatedNode> NodesOf(EngineContainer container) =>
        SlotMap.NodesIn(container.Labels.GetValueOrDefault(Nodes, ""));

    private static int Number(IReadOnlyDictionary<string, string> labels, string name) =>
        int.TryParse(labels.GetValueOrDefault(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}

/// <summary>
/// Names of containers: a job's unique for each attempt, since a fixed name of a requeued job would collide with what the first left; a
/// static environment's fixed, so that an engine itself refuses a second one.
/// </summary>
public static class ContainerNames
{
    /// <summary>A new attempt's mark: eight hexadecimal digits.</summary>
    public static string NewAttempt() => Guid.NewGuid().ToString("n")[..8];

    /// <summary>The name of a container, the same on each node of its job or static environment.</summary>
    /// <param name="attempt">The attempt; of no matter to a static environment.</param>
    public static string Of(WorkloadId workload, string attempt)
    {
        ArgumentNullException.ThrowIfNull(workload);
        return workload.Kind == WorkloadKind.Job
            ? $"pisahpc-{JobIds.FileName(workload.Name)}-{attempt}"
            : OfStatic(workload.Name);
    }

    /// <summary>The name of a static environment's container, on each of its nodes and at all times.</summary>
    /// <param name="name">The name under which it is declared.</param>
    public static string OfStatic(string name) => $"pisahpc-static-{name}";

    /// <summary>The name that a static environment's container has while another one takes its place.</summary>
    public static string OfReplaced(WorkloadId workload)
    {
        ArgumentNullException.ThrowIfNull(workload);
        return $"pisahpc-replaced-{workload.Name}";
    }
}
