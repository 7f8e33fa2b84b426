using PisaHpc.Allocations;
using PisaHpc.Containers;
using PisaHpc.Nodes;
using PisaHpc.Ports;

namespace PisaHpc.Jobs;

/// <summary>Puts a job together from what was found on the nodes and in the port area.</summary>
internal static class JobView
{
    private static readonly TimeSpan AlreadyReady = TimeSpan.FromSeconds(5);

    /// <summary>A job that was just started.</summary>
    /// <param name="request">The job.</param>
    /// <param name="plans">The plans that were carried out.</param>
    /// <param name="state">Planned for a job that was only planned.</param>
    public static HpcJob Started(JobRequest request, IReadOnlyList<HpcContainerPlan> plans, JobState state = JobState.Running) => new()
    {
        JobId = request.Allocation.JobId,
        State = state.ToString(),
        Environment = request.Environment.Name,
        Image = plans[0].Image,
        Owner = request.Allocation.Owner.Name,
        Port = plans[0].Port,
        Nodes =
        [
            .. plans.Select(plan => new HpcJobNode(
                plan.Node, plan.Slots, plan.Name, state == JobState.Running ? nameof(ContainerState.Running) : null))
        ],
        StartedAt = state == JobState.Running ? DateTimeOffset.UtcNow : null,
        Directory = request.Directory,
        Changed = true,
    };

    /// <summary>The job when it runs on every node already, from one attempt, and answers; else null.</summary>
    /// <param name="nodes">The nodes.</param>
    /// <param name="engines">Their engines.</param>
    /// <param name="request">The job.</param>
    /// <param name="survey">What was found.</param>
    /// <param name="cancellationToken">Interrupts.</param>
    public static async Task<HpcJob?> RunningAsync(
        INodeConnector nodes, IEngineConnector engines, JobRequest request, JobSurvey survey, CancellationToken cancellationToken)
    {
        var found = survey.Containers.SelectMany(pair => pair.Value.Select(container => (Node: pair.Key, Container: container))).ToArray();
        var complete = found.Length == request.Allocation.Nodes.Count
            && found.All(item => item.Container.State == ContainerState.Running)
            && found.Select(item => item.Container.Labels.GetValueOrDefault(ContainerLabels.Attempt)).Distinct().Count() == 1
            && found.Select(item => item.Container.Labels.GetValueOrDefault(ContainerLabels.Environment)).All(name => name == request.Environment.Name);
        if (!complete)
        {
            return null;
        }

        var late = 0;
        await FanOut.RunAsync(
            found.Select(item => item.Node),
            request.Throttle,
            request.Timeout,
            async (node, stopping) =>
            {
                await using var connection = await nodes.ConnectAsync(node, stopping);
                await using var engine = await engines.ConnectAsync(node, stopping);
                var container = ContainerLabels.ToHpcContainer(node, survey.Containers[node][0]);
                await ReadinessCheck.WaitAsync(connection, engine, container, AlreadyReady, stopping);
            },
            (_, _) => Interlocked.Increment(ref late),
            cancellationToken);
        return late > 0 ? null : From(request.Allocation.JobId, null, found);
    }

    /// <summary>A job from what the nodes hold.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="lease">Its lease; null when it has none.</param>
    /// <param name="found">Its containers with their nodes.</param>
    public static HpcJob From(string jobId, JobPort? lease, IReadOnlyCollection<(string Node, EngineContainer Container)> found)
    {
        var first = found.OrderBy(item => item.Container.CreatedAt).Select(item => item.Container).FirstOrDefault();
        var view = first is null ? null : ContainerLabels.ToHpcContainer("", first);
        var allocated = first is not null ? ContainerLabels.NodesOf(first) : SlotMap.NodesIn(lease?.NodeSlots ?? "");
        var nodes = allocated
            .Select(node => found.Where(item => item.Node == node.Name).Select(item => item.Container).LastOrDefault() is { } container
                ? new HpcJobNode(node.Name, node.Slots, container.Name, container.State.ToString())
                : new HpcJobNode(node.Name, node.Slots, null, null))
            .ToArray();
        return new HpcJob
        {
            JobId = jobId,
            State = StateOf(nodes, anythingLeft: lease is not null || found.Count > 0).ToString(),
            Environment = view?.Environment ?? "",
            Image = view?.Image ?? "",
            Owner = view?.Owner ?? lease?.Owner ?? "",
            Port = view?.Port ?? lease?.Port ?? 0,
            Nodes = nodes,
            StartedAt = first?.CreatedAt,
            Directory = view?.Directory ?? "",
        };
    }

    private static JobState StateOf(HpcJobNode[] nodes, bool anythingLeft)
    {
        var running = nodes.Count(node => node.State == nameof(ContainerState.Running));
        return running == 0
            ? (anythingLeft ? JobState.Leftover : JobState.Stopped)
            : (running == nodes.Length ? JobState.Running : JobState.Degraded);
    }
}
