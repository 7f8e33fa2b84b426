using PisaHpc.Access.Agent;
using PisaHpc.Access.Login;
using PisaHpc.Engines;
using PisaHpc.Sites;

namespace PisaHpc.Containers.Placed;

/// <summary>The static environment into whose containers a job's processes go, in place of containers of the job's own.</summary>
/// <param name="Definition">The static environment.</param>
/// <param name="StaticDirectory">The site's directory for static environments.</param>
public sealed record JobPlace(StaticDefinition Definition, string StaticDirectory)
{
    /// <summary>
    /// The group of port 0. What begins here has no use that is known (systemd's "Users, Groups, UIDs and GIDs": 0x70000000 to 0x7FFFFFFF
    /// are unused), and a node whose name service knows a group of a job's is refused.
    /// </summary>
    private const uint FirstMark = 0x7000_0000;

    /// <summary>The port that is leased to the job; 0 until it is.</summary>
    internal int Port { get; init; }

    /// <summary>
    /// The job's mark: a group that all of its processes have beside their user's. A port is leased to one job, so that no two jobs on a
    /// node have one mark.
    /// </summary>
    internal uint Mark => FirstMark + (uint)Port;

    /// <summary>The container's name on each node.</summary>
    public string Container => ContainerNames.OfStatic(Definition.Name);

    /// <summary>The place of an environment's jobs; null where they get containers of their own.</summary>
    public static JobPlace? Of(HpcSite site, HpcEnvironment environment)
    {
        ArgumentNullException.ThrowIfNull(site);
        ArgumentNullException.ThrowIfNull(environment);
        return environment.Static is { } name ? new JobPlace(site.Static[name], site.StaticDirectory) : null;
    }

    /// <summary>
    /// The directory on a node, and under the same path in the containers, with the directories of the jobs that are placed into a static
    /// environment. It is root's, and each job's in it its user's alone; no other job's directory is there.
    /// </summary>
    /// <param name="runDirectory">The site's directory for jobs.</param>
    /// <param name="name">The static environment's name.</param>
    public static string DirectoryOf(string runDirectory, string name)
    {
        ArgumentNullException.ThrowIfNull(runDirectory);
        return $"{runDirectory.TrimEnd('/')}/.static/{name}";
    }

    /// <summary>
    /// Where the container has the agent's program: in the directory of its sshd, which it sees under the node's own path, whatever of the
    /// run directory may be executed.
    /// </summary>
    internal AgentPlace AgentOn(string node, AgentPlace agent) =>
        agent with { RunDirectory = LoginDirectoryOn(node) };

    /// <summary>The static environment's own directory on a node.</summary>
    internal string LoginDirectoryOn(string node) => LoginDirectory.PathOf(StaticDirectory, node, Definition.Name);

    /// <summary>The container of a node.</summary>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.StaticNotDeclared"/>: the node is none of the static environment's; <see cref="ErrorId.StaticNotRunning"/>: its
    /// container is not there or does not run; <see cref="ErrorId.StaticDiffers"/>: what has the name is somebody else's.
    /// </exception>
    internal async Task<EngineContainer> FindAsync(IContainerEngine engine, CancellationToken cancellationToken)
    {
        var (name, node) = (Definition.Name, engine.Node);
        if (!Definition.NodeNames().Contains(node))
        {
            throw new HpcException(
                ErrorId.StaticNotDeclared,
                $"Static environment {name} is not declared for {node}: its nodes are {string.Join(", ", Definition.Nodes)}.",
                node,
                $"Add the node to static.{name}.nodes in the site definition, or submit to its nodes alone.");
        }

        var container = await engine.FindAsync(Container, cancellationToken);
        if (container is not null && ContainerLabels.WorkloadOf(container) != WorkloadId.StaticEnvironment(name))
        {
            throw new HpcException(
                ErrorId.StaticDiffers, $"Container {Container} on {node} is not one of static environment {name}: somebody else made it.",
                node);
        }

        return container?.State == ContainerState.Running ? container : throw new HpcException(
            ErrorId.StaticNotRunning,
            $"The container of static environment {name} on {node} "
            + (container is null ? "is not there." : $"does not run: it is {container.State}."),
            node);
    }

    /// <summary>Refuses what only a container of the job's own could have.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.PlanConflict"/>.</exception>
    internal void Check(AllocationPlanRequest request)
    {
        var environment = request.Environment;
        if (!Definition.Jobs)
        {
            throw Conflict(
                environment.Name, "it takes no jobs",
                $"Write jobs: true under static.{Definition.Name}, then run Sync-HpcEnvironment {Definition.Name}.");
        }

        if (request.Devices is not null || request.PublishedPorts.Count > 0)
        {
            const string NextStep = "Leave -Device and -PublishPort out.";
            throw Conflict(environment.Name, "devices and ports are those that its containers have", NextStep);
        }

        if (environment.NetworkMode == NetworkMode.Bridge)
        {
            throw Conflict(
                environment.Name, "a job's own sshd would listen on a bridge, where no other node reaches its port",
                $"Give static.{Definition.Name} network: host.");
        }

        if (environment.Limits.Bounds == JobLimits.Required)
        {
            throw Conflict(
                environment.Name, "its containers are many jobs', and hold none to what it was granted (limits.fromJob = required)",
                $"Set limits.fromJob of static.{Definition.Name} to none, or give its jobs containers of their own.");
        }
    }

    /// <summary>Refuses host-based logins: sshd reads what they need from paths of the container's own, which is many users'.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.PlanConflict"/>.</exception>
    internal void RefuseHostBased(string environment)
    {
        const string NextStep = "Leave -HostBased out.";
        throw Conflict(environment, "host-based authentication is that container's own", NextStep);
    }

    /// <summary>Refuses to make a container for an environment whose jobs get none.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.PlanConflict"/>.</exception>
    internal void RefuseContainer(string environment) => throw Conflict(
        environment, "no container is made for them", "Start the job as a whole, or name another environment.");

    private HpcException Conflict(string environment, string why, string nextStep) => new(
        ErrorId.PlanConflict,
        $"Jobs of environment {environment} are placed into static environment {Definition.Name}: {why}.",
        environment,
        nextStep);
}
