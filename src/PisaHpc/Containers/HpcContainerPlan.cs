using PisaHpc.Access;
using PisaHpc.Access.Agent;
using PisaHpc.Access.Login;
using PisaHpc.Containers.Placed;
using PisaHpc.Engines;

namespace PisaHpc.Containers;

/// <summary>What will be created on one node, and why. Making it changes nothing.</summary>
public sealed record HpcContainerPlan
{
    /// <summary>Makes a plan.</summary>
    /// <param name="spec">What the engine is asked for.</param>
    /// <param name="workload">What the container is for.</param>
    public HpcContainerPlan(ContainerSpec spec, WorkloadId workload) => (Spec, Workload) = (spec, workload);

    /// <summary>The job; null when the container is for a static environment.</summary>
    public string? JobId => Workload.JobId;

    /// <summary>The static environment; null when the container is for a job.</summary>
    public string? Static => Workload.Static;

    internal WorkloadId Workload { get; }

    private ContainerSpec Spec { get; init; }

    /// <summary>The node.</summary>
    public required string Node { get; init; }

    /// <summary>The environment.</summary>
    public required string Environment { get; init; }

    /// <summary>The login name of the user whom the container runs as.</summary>
    public required string Owner { get; init; }

    /// <summary>The container's name.</summary>
    public string Name => Spec.Name;

    /// <summary>The image's reference, as people know it.</summary>
    public string Image => ImageReference.Parse(Spec.Image).WithoutDigest().ToString();

    /// <summary>The id of the image that the node runs, the same on all nodes of the job; null when none of them holds it yet.</summary>
    public string? ImageId { get; init; }

    /// <summary>The registry's digest of it, by which the engine is asked; null when it is not known.</summary>
    public string? ImageDigest { get; init; }

    /// <summary>The slots on this node.</summary>
    public required int Slots { get; init; }

    /// <summary>How one gets into it: the word, one of <see cref="AccessKind"/>.</summary>
    public required string Access { get; init; }

    /// <summary>The port its sshd listens on; 0 when it has none.</summary>
    public required int Port { get; init; }

    /// <summary>The directory on the node that holds its ssh identity; empty when it has none.</summary>
    public required string Directory { get; init; }

    /// <summary>The directory on the node with the program of the container's agent; empty when it has none.</summary>
    public string Agent { get; init; } = "";

    /// <summary>That program, when the node did not have it; null when it did, or none is needed.</summary>
    internal AgentPlace? AgentToPut { get; init; }

    /// <summary>The static environment in whose container the job's processes are to run; null where a container is made.</summary>
    internal JobPlace? Place { get; init; }

    /// <summary>The agent's program, which that container has to have, too; null where a container is made.</summary>
    internal AgentPlace? AgentPlace { get; init; }

    /// <summary>The configuration of its sshd, which its directory on the node gets; null when it is a job's.</summary>
    internal LoginConfiguration? Logins { get; init; }

    /// <summary>
    /// As <see cref="HpcContainer.Generation"/>; null when it is a job's. Where no node holds the image yet, its container will have
    /// another one, by the image's id.
    /// </summary>
    public string? Generation => Spec.Labels.GetValueOrDefault(ContainerLabels.Generation);

    /// <summary>How long the container may take to become ready, in seconds.</summary>
    public required int ReadyTimeoutSec { get; init; }

    /// <summary>Whether the container has to be seen to be held to its limits: limits.fromJob of a job's environment is required.</summary>
    internal bool RequiresLimits { get; init; }

    /// <summary>Every option with its origin.</summary>
    public required IReadOnlyList<PlanOption> Options { get => Readable.Lines(field); init; }

    /// <summary>
    /// A static environment's plan for one start: with an attempt of its own, since a plan may be carried out more than once and a start
    /// that fails takes back what its attempt made; and marked by the image that the node holds.
    /// </summary>
    /// <param name="imageId">That image's id.</param>
    internal HpcContainerPlan ForStart(string? imageId)
    {
        var labels = new Dictionary<string, string>(Spec.Labels, StringComparer.Ordinal)
        {
            [ContainerLabels.Attempt] = ContainerNames.NewAttempt(),
        };
        return this with { Spec = ContainerGeneration.Mark(Spec with { Labels = labels }, imageId), ImageId = imageId };
    }

    /// <summary>What the engine is asked for: a method, so that tables and JSON show <see cref="Options"/> instead.</summary>
    public ContainerSpec GetSpec() => Spec;

    /// <summary>The container that will be, and of which image.</summary>
    public override string ToString() => $"{Name} on {Node}: {Image}";
}
