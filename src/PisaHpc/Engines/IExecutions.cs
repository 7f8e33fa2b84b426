using PisaHpc.Nodes;

namespace PisaHpc.Engines;

/// <summary>Commands that one node's engine runs in containers beside their main process.</summary>
public interface IExecutions
{
    /// <summary>
    /// Starts a command in a running container. It has the container's name spaces, cgroup, capabilities and supplementary groups; of the
    /// user the engine lets nothing be said but <c>uid:gid</c>. The container needs a POSIX shell, /bin/sh: by it the command is ended,
    /// since an engine has no request that does so (moby#9098).
    /// </summary>
    /// <param name="id">The container's id or name.</param>
    /// <param name="request">What to run.</param>
    /// <param name="cancellationToken">Ends the start, and the command that it may have started; not the running command.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.ContainerNotFound"/>; <see cref="ErrorId.ContainerNotReady"/>: it does not run;
    /// <see cref="ErrorId.NodeCommandFailed"/>: the engine could not start it, with its words.
    /// </exception>
    Task<IExecution> StartAsync(string id, ExecutionRequest request, CancellationToken cancellationToken);
}

/// <summary>
/// A running command in a container. Disposing it ends a command that still runs: TERM, or HUP where it has a terminal, and KILL a second
/// later, to all that is in its session or carries its environment. What leaves both (setsid with an emptied or overwritten environment, or
/// as another user) stays, and so does a command whose caller was killed, unless it was asked to end then too
/// (<see cref="ExecutionRequest.EndsWithCaller"/>): the engine only ends its input. A command that ended by itself keeps
/// what it left in the background.
/// </summary>
/// <remarks>
/// With a terminal all output is in <see cref="INodeProcess.Output"/>, and the end of input is a character, not the stream's end.
/// </remarks>
public interface IExecution : INodeProcess
{
    /// <summary>Tells the command's terminal its size. A command without one, or one that has ended, is told nothing.</summary>
    /// <param name="size">The size.</param>
    Task ResizeAsync(TerminalSize size, CancellationToken cancellationToken);
}

/// <summary>A command to be run in a container.</summary>
/// <param name="Command">The program and its arguments; at least one.</param>
public sealed record ExecutionRequest(IReadOnlyList<string> Command)
{
    /// <summary>
    /// The user and group, as <c>uid:gid</c>; null for the container's own. Another one has none of the container's variables, which may be
    /// its user's and lead to his programs.
    /// </summary>
    public string? User { get; init; }

    /// <summary>
    /// Environment variables, beside the container's own where it has them. A name that no shell variable can have may be lost: dash keeps
    /// the others alone.
    /// </summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>The working directory; null for the container's own.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>
    /// Whether the command ends, as by its disposal, also when its caller is killed or the way to the node breaks; one that is lost without
    /// a word (a power cut) breaks when the node's sshd notices. A second process in the container, /bin/sh, sees to it. When that is
    /// killed, the command is ended and waiting for it fails with <see cref="ErrorId.NodeCommandFailed"/>.
    /// </summary>
    public bool EndsWithCaller { get; init; }

    /// <summary>The size of the command's terminal; null for none.</summary>
    public TerminalSize? Terminal { get; init; }
}

/// <summary>A terminal's size in characters.</summary>
/// <param name="Columns">The width.</param>
/// <param name="Rows">The height.</param>
public readonly record struct TerminalSize(int Columns, int Rows);
