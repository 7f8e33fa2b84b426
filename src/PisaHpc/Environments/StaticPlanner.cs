using PisaHpc.Access.Login;
using PisaHpc.Batch;
using PisaHpc.Containers;
using PisaHpc.Containers.Placed;
using PisaHpc.Engines;
using PisaHpc.Sites;

namespace PisaHpc.Environments;

/// <summary>
/// Plans a static environment's containers: looks at its nodes, agrees with them on one image, and plans each. Nothing is changed.
/// </summary>
/// <param name="cluster">Told of each node that does not answer or cannot be planned.</param>
/// <param name="startedBy">Who asks, as <c>user@host</c>.</param>
public sealed class StaticPlanner(Cluster cluster, HpcSite site, string startedBy)
{
    /// <summary>The user of the main process: sshd's, which becomes the user who logs in.</summary>
    private static readonly JobOwner Root = new() { Name = "root", Uid = 0, Gid = 0, Groups = [] };

    /// <summary>Plans the containers on some of a static environment's nodes, in their order.</summary>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.PlanConflict"/>: its options exclude each other, or another static environment is declared on its port;
    /// <see cref="ErrorId.ImageMismatch"/>: the nodes hold different images; <see cref="ErrorId.EnvironmentNotFound"/>.
    /// </exception>
    public async Task<IReadOnlyList<HpcContainerPlan>> PlanAsync(
        StaticDefinition definition, IReadOnlyList<string> nodes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(nodes);
        RefuseCollision(definition, nodes);
        var environment = EnvironmentResolver.Resolve(site, definition);
        var survey = await AllocationSurvey.AskAsync(
            cluster, nodes, environment.Image, PathsOf(definition, environment), (_, _) => Task.CompletedTask, cancellationToken);
        var engines = new TimedEngines(cluster.Engines, Cluster.ShortWork);
        var image = await PlannedImage.AgreeAsync(engines, environment.Image, survey.Images, cancellationToken);
        return Plan(definition, environment, nodes.Select(node => survey.Facts.GetValueOrDefault(node)).OfType<NodeFacts>(), image);
    }

    /// <summary>The paths on a node whose existence matters to a static environment.</summary>
    internal IReadOnlyList<string> PathsOf(StaticDefinition definition, HpcEnvironment environment) =>
        [
            .. environment.NodePaths,
            .. AccessOf(definition, environment, node: "").NodePaths,
            .. definition.ImageInit is null ? (string[])[] : [LoginAccess.SystemdGroups],
        ];

    private List<HpcContainerPlan> Plan(
        StaticDefinition definition, HpcEnvironment environment, IEnumerable<NodeFacts> nodes, PlannedImage image)
    {
        var plans = new List<HpcContainerPlan>();
        foreach (var facts in nodes)
        {
            try
            {
                plans.Add(Plan(definition, environment, facts, image));
            }
            catch (HpcException lack) when (lack.Id is ErrorId.MountSourceMissing or ErrorId.DeviceMissing)
            {
                cluster.Failed(new NodeFailure(facts.Node, lack));
            }
        }

        return plans;
    }

    /// <summary>Plans the container on a node whose facts are known.</summary>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.PlanConflict"/>, as for <see cref="PlanAsync"/>; <see cref="ErrorId.MountSourceMissing"/> and
    /// <see cref="ErrorId.DeviceMissing"/>: the node does not have what is declared.
    /// </exception>
    internal HpcContainerPlan Plan(StaticDefinition definition, HpcEnvironment environment, NodeFacts facts, PlannedImage image)
    {
        RefuseCollision(definition, [facts.Node]);
        return ContainerPlanner.Plan(RequestFor(definition, environment, facts, image, ContainerNames.NewAttempt()));
    }

    private PlanRequest RequestFor(
        StaticDefinition definition, HpcEnvironment environment, NodeFacts facts, PlannedImage image, string attempt) => new()
        {
            Environment = environment,
            Workload = new Workload
            {
                Id = WorkloadId.StaticEnvironment(definition.Name),
                Owner = Root,
                Nodes = [new AllocatedNode(facts.Node, facts.Cpus)],
            },
            Node = new AllocatedNode(facts.Node, facts.Cpus),
            Facts = facts,
            Access = AccessOf(definition, environment, facts.Node) with
            {
                // Whoever mounts control groups himself says which.
                WritesSystemdGroups = definition.ImageInit is not null && !facts.MissingPaths.Contains(LoginAccess.SystemdGroups)
                    && !environment.Mounts.Any(mount => mount.Target.StartsWith("/sys/fs/cgroup", StringComparison.Ordinal)),
            },
            Image = image,
            Attempt = attempt,
            Service = new ServiceOptions(definition.Restart, startedBy) { ImageInit = definition.ImageInit },
        };

    private LoginAccess AccessOf(StaticDefinition definition, HpcEnvironment environment, string node)
    {
        var directory = LoginDirectory.PathOf(site.StaticDirectory, node, definition.Name);
        return new LoginAccess(directory, definition.Port)
        {
            Configuration = LoginConfiguration.Of(definition, environment, directory),
            ImageInit = definition.ImageInit,
            Logins = definition.Logins,
            JobsDirectory = definition.Jobs ? JobPlace.DirectoryOf(site.RunDirectory, definition.Name) : null,
        };
    }

    /// <summary>Of two on one port of a node the one that is declared first has it: the other would never answer.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.PlanConflict"/>.</exception>
    private void RefuseCollision(StaticDefinition definition, IReadOnlyList<string> nodes)
    {
        foreach (var node in nodes)
        {
            if (StaticAudit.Before(site, definition, node) is { } first)
            {
                throw new HpcException(
                    ErrorId.PlanConflict,
                    $"Static environment {definition.Name} is declared on port {definition.Port} of {node}, which is that of {first.Name}"
                    + $" ({definition.PositionIn(site, "port")}).",
                    definition.Name,
                    "Give each static environment of a node a port of its own in the site definition; then run Test-HpcSite.");
            }
        }
    }
}
