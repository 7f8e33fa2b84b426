using System.Collections.Concurrent;
using PisaHpc.Batch;
using PisaHpc.Containers;
using PisaHpc.Containers.Placed;
using PisaHpc.Engines;
using PisaHpc.Ports;

namespace PisaHpc.Jobs;

/// <summary>Puts a job together from what was found on the nodes and in the port area.</summary>
internal static class JobView
{
    private static readonly TimeSpan AlreadyReady = TimeSpan.FromSeconds(5);

    /// <summary>A job that was just started.</summary>
    /// <param name="plans">The plans that were carried out.</param>
    /// <param name="state">Planned for a job that was only planned.</param>
    public static HpcJob Started(JobRequest request, IReadOnlyList<HpcContainerPlan> plans, JobState state = JobState.Running) => new()
    {
        JobId = request.Allocation.JobId,
        State = state.ToString(),
        Environment = request.Environment.Name,
        Static = request.Environment.Static,
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
    /// <param name="survey">What was found.</param>
    public static async Task<HpcJob?> RunningAsync(
        Cluster cluster, JobRequest request, JobSurvey survey, CancellationToken cancellationToken)
    {
        var found = survey.Containers.SelectMany(pair => pair.Value.Select(container => (Node: pair.Key, Container: container))).ToArray();
        var complete = found.Length == request.Allocation.Nodes.Count
            && found.All(item => item.Container.State == ContainerState.Running)
            && found.Select(item => item.Container.Labels.GetValueOrDefault(ContainerLabels.Attempt)).Distinct().Count() == 1
            && found.All(item => item.Container.Labels.GetValueOrDefault(ContainerLabels.Environment) == request.Environment.Name);
        if (!complete)
        {
            return null;
        }

        var late = 0;
        await (cluster.ForSurvey() with { Failed = _ => Interlocked.Increment(ref late) }).OnEachAsync(
            found.Select(item => item.Node),
            async (node, stopping) =>
            {
                var connection = await cluster.Nodes.ConnectAsync(node, stopping);
                var engine = await cluster.Engines.ConnectAsync(node, stopping);
                var container = ContainerLabels.ToHpcContainer(node, survey.Containers[node][0]);
                await ReadinessCheck.WaitAsync(connection, engine, container, AlreadyReady, stopping);
            },
            cancellationToken);
        return late > 0 ? null : From(request.Allocation.JobId, null, found, busy: false);
    }

    /// <summary>A job from what the nodes hold.</summary>
    /// <param name="lease">Its lease; null when it has none.</param>
    /// <param name="found">Its containers with their nodes.</param>
    /// <param name="busy">Whether somebody starts or stops it at this moment.</param>
    public static HpcJob From(
        string jobId, JobPort? lease, IReadOnlyCollection<(string Node, EngineContainer Container)> found, bool busy)
    {
        var latest = found.Select(item => item.Container).MaxBy(container => container.CreatedAt);
        var view = latest is null ? null : ContainerLabels.ToHpcContainer("", latest);
        var here = found.ToLookup(item => item.Node, item => item.Container, StringComparer.Ordinal);
        HpcJobNode[] nodes = [.. NodesOf(lease, latest, found).Select(node => NodeOf(node, here[node.Name]))];
        var state = busy ? JobState.Starting : StateOf(nodes, anythingLeft: lease is not null || found.Count > 0);
        return new HpcJob
        {
            JobId = jobId,
            State = state.ToString(),
            Environment = view?.Environment ?? "",
            Static = latest?.Labels.GetValueOrDefault(ContainerLabels.Static),
            Image = view?.Image ?? "",
            Owner = view?.Owner ?? lease?.Owner ?? "",
            Port = view?.Port ?? lease?.Port ?? 0,
            Nodes = nodes,
            StartedAt = found.Count == 0 ? null : found.Min(item => item.Container.CreatedAt),
            Directory = view?.Directory ?? "",
            Origin = JobOrigin.Of(lease, found.Select(item => item.Container)),
        };
    }

    /// <summary>
    /// The nodes of the latest attempt in the allocation's order; then, without slots, every other one that the lease or a container names
    /// or that holds one: what an earlier attempt left there is part of the job.
    /// </summary>
    private static IEnumerable<AllocatedNode> NodesOf(
        JobPort? lease, EngineContainer? latest, IReadOnlyCollection<(string Node, EngineContainer Container)> found)
    {
        var leased = SlotMap.NodesIn(lease?.NodeSlots ?? "");
        var current = latest is null ? leased : ContainerLabels.NodesOf(latest);
        // All containers of an attempt name the same nodes, in the same words.
        var named = found.Select(item => item.Container).DistinctBy(container => container.Labels.GetValueOrDefault(ContainerLabels.Nodes));
        var others = leased.Concat(named.SelectMany(ContainerLabels.NodesOf))
            .Select(node => node.Name)
            .Concat(found.Select(item => item.Node));
        return current.Concat(others.Select(name => new AllocatedNode(name, 0))).DistinctBy(node => node.Name);
    }

    private static HpcJobNode NodeOf(AllocatedNode node, IEnumerable<EngineContainer> here)
    {
        var latest = here.MaxBy(container => container.CreatedAt);
        return new HpcJobNode(node.Name, node.Slots, latest?.Name, latest?.State.ToString());
    }

    /// <summary>A node that only an earlier attempt had counts when something is found there.</summary>
    private static JobState StateOf(HpcJobNode[] nodes, bool anythingLeft)
    {
        var running = nodes.Count(node => node.State == nameof(ContainerState.Running));
        var wanted = nodes.Count(node => node.Slots > 0 || node.Container is not null);
        return running == 0
            ? (anythingLeft ? JobState.Leftover : JobState.Stopped)
            : (running == wanted ? JobState.Running : JobState.Degraded);
    }
}

/// <summary>What the nodes of a job look like before anything is changed.</summary>
/// <param name="Nodes">What a plan has to know of them.</param>
/// <param name="Containers">The containers of the job that are there already, by node.</param>
internal sealed record JobSurvey(AllocationSurvey Nodes, IReadOnlyDictionary<string, IReadOnlyList<EngineContainer>> Containers)
{
    /// <summary>The nodes that have containers of the job.</summary>
    public IReadOnlySet<string> Occupied =>
        Containers.Where(pair => pair.Value.Count > 0).Select(pair => pair.Key).ToHashSet(StringComparer.Ordinal);

    /// <summary>Makes sure that what is there is that user's for whom the job is started.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.JobOfAnotherUser"/>.</exception>
    public void RequireOwner(JobRequest request)
    {
        foreach (var (node, containers) in Containers)
        {
            JobOwnership.Require(request.Allocation.JobId, request.ForUser, node, containers);
        }
    }

    /// <summary>Asks every node of a job's allocation.</summary>
    /// <param name="placed">The cluster, where the job may be placed into static environments by now; null where it is not.</param>
    public static async Task<JobSurvey> ReadAsync(
        AllocationPlanner planner, JobRequest request, Cluster? placed, CancellationToken cancellationToken)
    {
        var containers = new ConcurrentDictionary<string, IReadOnlyList<EngineContainer>>();
        var jobId = request.Allocation.JobId;
        var ofJob = ContainerLabels.Filter(jobId);
        var nodes = await planner.SurveyAsync(AskAsync, cancellationToken);
        return new JobSurvey(nodes, containers);

        async Task AskAsync(IContainerEngine engine, CancellationToken stopping)
        {
            var own = await engine.ListAsync(ofJob, stopping);
            var others = placed is null ? [] : await (await PlacedJobs.OnAsync(placed, engine.Node, stopping)).ListAsync(stopping);
            containers[engine.Node] = [.. own, .. others.Where(one => one.JobId == jobId).Select(one => one.ToContainer())];
        }
    }
}
