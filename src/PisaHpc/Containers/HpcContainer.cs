using PisaHpc.Access;
using PisaHpc.Access.Agent;
using PisaHpc.Access.Exec;
using PisaHpc.Access.Login;
using PisaHpc.Access.Ssh;
using PisaHpc.Engines;

namespace PisaHpc.Containers;

/// <summary>A container of a job, or of a static environment, on one node.</summary>
public sealed record HpcContainer
{
    /// <summary>The node.</summary>
    public required string Node { get; init; }

    /// <summary>The job; null when the container is no job's.</summary>
    public string? JobId { get; init; }

    /// <summary>The static environment; null when the container is none's.</summary>
    public string? Static { get; init; }

    /// <summary>The container's name.</summary>
    public required string Name { get; init; }

    /// <summary>The container's full id; empty when it is only predicted.</summary>
    public required string Id { get; init; }

    /// <summary>The state: the word, one of <see cref="ContainerState"/>.</summary>
    public required string State { get; init; }

    /// <summary>Whether a command was seen to work in it, by its own way in; null when nobody asked.</summary>
    public bool? Ready { get; init; }

    /// <summary>The environment.</summary>
    public required string Environment { get; init; }

    /// <summary>The image's reference, as people know it.</summary>
    public required string Image { get; init; }

    /// <summary>The registry's digest by which the image was chosen; null when it was chosen by its name alone.</summary>
    public string? ImageDigest { get; init; }

    /// <summary>The login name of the user whom it runs as.</summary>
    public required string Owner { get; init; }

    /// <summary>The slots on this node.</summary>
    public required int Slots { get; init; }

    /// <summary>How one gets into it: the word, one of <see cref="AccessKind"/>.</summary>
    public string Access { get; init; } = nameof(AccessKind.Ssh);

    /// <summary>The port its sshd listens on; 0 when it has none.</summary>
    public required int Port { get; init; }

    /// <summary>The directory on the node that holds its ssh identity; empty when it has none.</summary>
    public string Directory { get; init; } = "";

    /// <summary>The directory on the node with the program of its agent; empty when it has none.</summary>
    public string Agent { get; init; } = "";

    /// <summary>How long its environment gives it to become ready, in seconds.</summary>
    public required int ReadyTimeoutSec { get; init; }

    /// <summary>
    /// A mark of all that its static environment's declaration, its node and its image made of it; another one where any of that differs.
    /// Null when it is a job's.
    /// </summary>
    public string? Generation { get; init; }

    /// <summary>Who started it, as <c>user@host</c>; null when it is a job's.</summary>
    public string? StartedBy { get; init; }

    /// <summary>When it was created, in UTC.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Whether this call changed anything.</summary>
    public bool Changed { get; init; }

    /// <summary>How one gets into it, to be asked: a method, so that tables and JSON show <see cref="Access"/> instead.</summary>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.InvalidValue"/>: its labels name a way that is not known, or not all of it.
    /// </exception>
    public IContainerAccess GetAccess() => Access switch
    {
        nameof(AccessKind.Exec) => new ExecAccess(),
        nameof(AccessKind.Ssh) when Directory.Length > 0 =>
            new SshAccess(Directory, Port) { Agent = Agent.Length > 0 ? new JobAgent(Directory, Agent) : null },
        nameof(AccessKind.Login) when Directory.Length > 0 && Port > 0 => new LoginAccess(Directory, Port),
        nameof(AccessKind.Agent) when Directory.Length > 0 && Agent.Length > 0 => new AgentAccess(new JobAgent(Directory, Agent)),
        _ => throw new HpcException(
            ErrorId.InvalidValue,
            $"Container {Name} on {Node} does not say how one gets into it: by {Quote.Of(Access)}, directory {Quote.Of(Directory)}.",
            Node,
            "Use the version of this module that started it, or a later one."),
    };

    /// <summary>The container, its node and its state.</summary>
    public override string ToString() => $"{Name} on {Node}: {State}";
}

/// <summary>A line of a container's log.</summary>
/// <param name="Node">The node.</param>
/// <param name="Name">The container's name.</param>
/// <param name="JobId">The job; null when the container is no job's.</param>
/// <param name="Stream">stdout or stderr.</param>
/// <param name="Time">When the engine received it, in UTC.</param>
/// <param name="Text">The line without its line end.</param>
public sealed record HpcContainerLogLine(string Node, string Name, string? JobId, string Stream, DateTimeOffset Time, string Text)
{
    /// <summary>The static environment; null when the container is none's.</summary>
    public string? Static { get; init; }

    /// <summary>The line.</summary>
    public override string ToString() => Text;
}
