using System.Collections.Concurrent;
using PisaHpc.Access;
using PisaHpc.Access.Agent;
using PisaHpc.Access.Ssh;
using PisaHpc.Batch;
using PisaHpc.Containers.Placed;
using PisaHpc.Devices;
using PisaHpc.Engines;
using PisaHpc.Sites;
using PisaHpc.Tracing;

namespace PisaHpc.Containers;

/// <summary>
/// Plans the containers of an allocation: looks at its nodes, agrees with them on one image, and plans each of them. Nothing is changed.
/// </summary>
/// <param name="cluster">Told of each node that does not answer or cannot be planned.</param>
public sealed class AllocationPlanner(Cluster cluster, AllocationPlanRequest request)
{
    /// <summary>Looks at the nodes, agrees on the image and plans the nodes that answered.</summary>
    /// <exception cref="HpcException">
    /// As for <see cref="AgreeAsync"/> and <see cref="Plan"/>; <see cref="ErrorId.PlanConflict"/> also where the environment's jobs are
    /// placed into containers that stand already.
    /// </exception>
    public async Task<IReadOnlyList<HpcContainerPlan>> PlanAsync(JobSshConfig ssh, CancellationToken cancellationToken)
    {
        request.Place?.RefuseContainer(request.Environment.Name);
        var survey = await SurveyAsync((_, _) => Task.CompletedTask, cancellationToken);
        return Plan(survey, await AgreeAsync(survey, cancellationToken), ssh);
    }

    /// <summary>Looks at the nodes.</summary>
    /// <param name="alsoAsk">What else is to be asked of each node's engine.</param>
    public async Task<AllocationSurvey> SurveyAsync(
        Func<IContainerEngine, CancellationToken, Task> alsoAsk, CancellationToken cancellationToken)
    {
        string[] paths = [.. request.Environment.NodePaths, .. request.Agent is null ? [] : (string[])[request.Agent.File]];
        return await AllocationSurvey.AskAsync(
            cluster, request.Allocation.Nodes.Select(node => node.Name), request.Environment.Image, paths, AskAsync, cancellationToken);

        async Task AskAsync(IContainerEngine engine, CancellationToken stopping)
        {
            await (request.Place?.FindAsync(engine, stopping) ?? Task.CompletedTask);
            await alsoAsk(engine, stopping);
        }
    }

    /// <summary>The one image that all nodes will run.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.ImageMismatch"/>: the nodes would run different images.</exception>
    public Task<PlannedImage> AgreeAsync(AllocationSurvey survey, CancellationToken cancellationToken) =>
        PlannedImage.AgreeAsync(cluster.Engines, request.Environment.Image, survey.Images, cancellationToken);

    /// <summary>Plans the nodes that answered, in the allocation's order. What a node lacks is its failure.</summary>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.PlanConflict"/>: the options exclude each other, on whatever node; <see cref="ErrorId.AgentMissing"/>.
    /// </exception>
    public IReadOnlyList<HpcContainerPlan> Plan(AllocationSurvey survey, PlannedImage image, JobSshConfig ssh)
    {
        ArgumentNullException.ThrowIfNull(survey);
        request.Place?.Check(request);
        var plans = new List<HpcContainerPlan>();
        var (workload, access) = (Workload.Of(request.Allocation), AccessBy(ssh));
        var place = request.Place is null ? null : request.Place with { Port = ssh.Port };
        foreach (var node in request.Allocation.Nodes.Where(node => survey.Facts.ContainsKey(node.Name)))
        {
            try
            {
                plans.Add(ContainerPlanner.Plan(new PlanRequest
                {
                    Environment = request.Environment,
                    Workload = workload,
                    Node = node,
                    Facts = survey.Facts[node.Name],
                    Access = access,
                    Agent = request.Agent,
                    Place = place,
                    Image = image,
                    PortArea = request.PortArea,
                    Attempt = request.Attempt,
                    Devices = request.Devices,
                    PublishedPorts = request.PublishedPorts,
                }));
            }
            catch (HpcException lack) when (lack.Id is ErrorId.MountSourceMissing or ErrorId.DeviceMissing)
            {
                cluster.Failed(new NodeFailure(node.Name, lack));
            }
        }

        return plans;
    }

    private IContainerAccess AccessBy(JobSshConfig ssh)
    {
        var agent = request.Agent?.For(ssh.Directory);
        return request.Environment.Way switch
        {
            _ when request.Place is not null && agent is null => throw AgentMissing(),
            WayIn.Ssh => SshAccess.Of(ssh) with { Agent = agent },
            _ => new AgentAccess(agent ?? throw AgentMissing()),
        };
    }

    private HpcException AgentMissing() => new(
        ErrorId.AgentMissing,
        $"Environment {request.Environment.Name} is entered by the agent"
        + (request.Place is null ? $" ({request.Environment.OriginOf("access")})" : "") + ", and its program, "
        + $"{AgentProgram.FileName}, is not beside the module.",
        request.Environment.Name);
}

/// <summary>What containers an allocation is to have: what is the same on all of its nodes.</summary>
public sealed record AllocationPlanRequest
{
    /// <summary>The allocation.</summary>
    public required HpcAllocation Allocation { get; init; }

    /// <summary>The environment, its layers merged.</summary>
    public required HpcEnvironment Environment { get; init; }

    /// <summary>The port area that holds the lease; null when the port was given by hand.</summary>
    public string? PortArea { get; init; }

    /// <summary>The program of the agent that containers get, and where nodes have it; null where the module has none.</summary>
    public AgentPlace? Agent { get; init; }

    /// <summary>Where the job is placed; null where it gets containers of its own.</summary>
    public JobPlace? Place { get; init; }

    /// <summary>The devices chosen by hand; null lets the environment choose among each node's.</summary>
    public IReadOnlyList<IbDevice>? Devices { get; init; }

    /// <summary>Ports to publish beside the job's.</summary>
    public IReadOnlyList<int> PublishedPorts { get; init; } = [];

    /// <summary>This attempt at starting the containers: another one for each request, and the same on all nodes.</summary>
    public string Attempt { get; } = ContainerNames.NewAttempt();
}

/// <summary>What a plan has to know of an allocation's nodes; those that did not answer are not in it.</summary>
/// <param name="Facts">What each node has.</param>
/// <param name="Images">What each node holds under the name of the environment's image; null where it holds nothing.</param>
public sealed record AllocationSurvey(IReadOnlyDictionary<string, NodeFacts> Facts, IReadOnlyDictionary<string, StoredImage?> Images)
{
    /// <summary>Asks nodes, side by side.</summary>
    /// <param name="cluster">Told of each node that does not answer.</param>
    /// <param name="image">The image whose holders are looked for.</param>
    /// <param name="paths">Absolute paths whose existence matters.</param>
    /// <param name="alsoAsk">What else is to be asked of each node's engine.</param>
    internal static async Task<AllocationSurvey> AskAsync(
        Cluster cluster,
        IEnumerable<string> nodes,
        string image,
        IReadOnlyList<string> paths,
        Func<IContainerEngine, CancellationToken, Task> alsoAsk,
        CancellationToken cancellationToken)
    {
        var facts = new ConcurrentDictionary<string, NodeFacts>();
        var images = new ConcurrentDictionary<string, StoredImage?>();
        await cluster.ForSurvey().OnEachAsync(
            nodes,
            async (node, stopping) =>
            {
                var connection = await cluster.Nodes.ConnectAsync(node, stopping);

                // An engine that is not connected yet takes longer than the node's own answer.
                var (probing, asking) = (NodeProbe.ReadAsync(connection, paths, stopping), AskEngineAsync(node, stopping));
                await Task.WhenAll(probing, asking);
                (facts[node], images[node]) = (await probing, await asking);
            },
            cancellationToken,
            phase: Phase.Survey);
        return new AllocationSurvey(facts, images);

        async Task<StoredImage?> AskEngineAsync(string node, CancellationToken stopping)
        {
            var engine = await cluster.Engines.ConnectAsync(node, stopping);
            var holds = await engine.Images.FindAsync(image, stopping);
            await alsoAsk(engine, stopping);
            return holds;
        }
    }
}
