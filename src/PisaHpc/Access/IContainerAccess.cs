using PisaHpc.Access.Agent;
using PisaHpc.Batch;
using PisaHpc.Engines;
using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.Access;

/// <summary>How one gets into a container: what has to be planned for it, when it works, and how a command is run as its user.</summary>
public interface IContainerAccess
{
    /// <summary>Which of the ways it is.</summary>
    AccessKind Kind { get; }

    /// <summary>The TCP port that the container listens on for logins; null when it listens on none.</summary>
    int? Port { get; }

    /// <summary>The directory on the node that the container needs for it; null when it needs none.</summary>
    string? Directory { get; }

    /// <summary>The agent in the container, by which its user on the node starts programs; null when there is none.</summary>
    JobAgent? Agent { get; }

    /// <summary>Whether a try may begin before the container runs, and waits until it does without asking again and again.</summary>
    bool AwaitsContainer => false;

    /// <summary>The mounts that it needs beside the environment's.</summary>
    IReadOnlyList<ContainerMount> Mounts { get; }

    /// <summary>The container's main process: what runs until the container is stopped.</summary>
    IReadOnlyList<string> MainProcess(HpcEnvironment environment);

    /// <summary>The container's variables: the environment's, and those that commands would lack otherwise.</summary>
    IReadOnlyDictionary<string, string> Variables(HpcEnvironment environment, JobOwner owner);

    /// <summary>Tries to run a command in a container as its user, until that works or the time is up.</summary>
    /// <param name="deadline">How long to try; at least a second.</param>
    /// <returns>Null when it worked; else what was said last.</returns>
    /// <exception cref="HpcException">The ids of the connection or of the engine, where one of them fails itself.</exception>
    Task<string?> TryAsync(ContainerEntry entry, TimeSpan deadline, CancellationToken cancellationToken);

    /// <summary>Starts a command in a container as its user, with all of his groups.</summary>
    /// <param name="command">The program and its arguments; at least one.</param>
    /// <param name="cancellationToken">Ends the start, not the running command.</param>
    /// <exception cref="HpcException">The ids of the connection or of the engine.</exception>
    Task<INodeProcess> StartAsync(ContainerEntry entry, IReadOnlyList<string> command, CancellationToken cancellationToken);
}

/// <summary>A running container, and the two that lead to it.</summary>
/// <param name="Connection">A connection to its node.</param>
/// <param name="Engine">Its node's engine.</param>
/// <param name="Id">The container's id.</param>
public sealed record ContainerEntry(INodeConnection Connection, IContainerEngine Engine, string Id);

/// <summary>The ways into a container.</summary>
public enum AccessKind
{
    /// <summary>A login through the container's own sshd, from every node of the job.</summary>
    Ssh,

    /// <summary>A command of the node's engine; nothing listens in the container.</summary>
    Exec,

    /// <summary>The agent that is the container's main process, from its own node alone.</summary>
    Agent,

    /// <summary>A login of any of the node's users, as himself, through an sshd of root's: a static environment's.</summary>
    Login,
}
