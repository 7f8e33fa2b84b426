using PisaHpc.Nodes;

namespace PisaHpc.Engines;

/// <summary>A node's container engine.</summary>
public interface IContainerEngine
{
    /// <summary>The node.</summary>
    string Node { get; }

    /// <summary>What is known of its kind.</summary>
    IEngineAdministration Administration { get; }

    /// <summary>The engine's version and the API version agreed on when the connection was made.</summary>
    EngineInfo Info { get; }

    /// <summary>The node's images.</summary>
    IImageStore Images { get; }

    /// <summary>Commands in the node's containers.</summary>
    IExecutions Executions { get; }

    /// <summary>Asks the engine for its settings and for what it knows of its node.</summary>
    Task<EngineDetails> DescribeAsync(CancellationToken cancellationToken);

    /// <summary>Creates a container.</summary>
    /// <param name="spec">What to create.</param>
    /// <returns>The container's id.</returns>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.ImageNotFound"/>, <see cref="ErrorId.MountSourceMissing"/>, <see cref="ErrorId.DeviceMissing"/>,
    /// <see cref="ErrorId.PlanConflict"/> or <see cref="ErrorId.NodeCommandFailed"/> with the engine's own words.
    /// </exception>
    Task<string> CreateAsync(ContainerSpec spec, CancellationToken cancellationToken);

    /// <summary>Starts a container.</summary>
    /// <param name="id">Its id or name.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.LimitRefused"/>, <see cref="ErrorId.DeviceMissing"/>, <see cref="ErrorId.PortInUse"/> and the ids of CreateAsync.
    /// </exception>
    Task StartAsync(string id, CancellationToken cancellationToken);

    /// <summary>Stops a container: TERM, the grace time, KILL. One that is stopped, or gone, is success.</summary>
    /// <param name="id">Its id or name.</param>
    /// <param name="grace">How long it may take after TERM; rounded up to seconds.</param>
    /// <returns>Whether it ran before.</returns>
    Task<bool> StopAsync(string id, TimeSpan grace, CancellationToken cancellationToken);

    /// <summary>Stops a container as <see cref="StopAsync"/> does, where it runs, and starts it.</summary>
    /// <param name="id">Its id or name.</param>
    /// <param name="grace">How long it may take after TERM; rounded up to seconds.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.ContainerNotFound"/> and the ids of StartAsync.</exception>
    Task RestartAsync(string id, TimeSpan grace, CancellationToken cancellationToken);

    /// <summary>Lets the processes of a paused container go on.</summary>
    /// <param name="id">Its id or name.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.ContainerNotFound"/>; <see cref="ErrorId.NodeCommandFailed"/> or <see cref="ErrorId.PlanConflict"/>, with the
    /// engine's own words: it is not paused.
    /// </exception>
    Task UnpauseAsync(string id, CancellationToken cancellationToken);

    /// <summary>Gives a container another name.</summary>
    /// <param name="id">Its id or name.</param>
    /// <param name="name">The new name.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.ContainerNotFound"/>; <see cref="ErrorId.PlanConflict"/>: another container has the name.
    /// </exception>
    Task RenameAsync(string id, string name, CancellationToken cancellationToken);

    /// <summary>Changes limits of a container while it runs, or for when it does.</summary>
    /// <param name="id">Its id or name.</param>
    /// <param name="limits">The limits that change.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.ContainerNotFound"/>; <see cref="ErrorId.LimitRefused"/>: the node does not have so much.
    /// </exception>
    Task UpdateAsync(string id, LimitUpdate limits, CancellationToken cancellationToken);

    /// <summary>Measures what a running container uses, once.</summary>
    /// <param name="id">Its id or name.</param>
    /// <returns>What it uses; null when it does not run.</returns>
    /// <exception cref="HpcException"><see cref="ErrorId.ContainerNotFound"/>.</exception>
    Task<ContainerUsage?> MeasureAsync(string id, CancellationToken cancellationToken);

    /// <summary>
    /// Attaches to the main process of a container that runs, or that is made and not started yet: then nothing that it says is missed.
    /// </summary>
    /// <param name="id">Its id or name.</param>
    /// <param name="cancellationToken">Ends the attaching, not what was attached to.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.ContainerNotFound"/>; <see cref="ErrorId.ContainerNotReady"/>: it has ended.
    /// </exception>
    Task<IAttachment> AttachAsync(string id, CancellationToken cancellationToken);

    /// <summary>Removes a container, running or not, with its anonymous volumes. One that is gone is success.</summary>
    /// <param name="id">Its id or name.</param>
    /// <returns>Whether it existed.</returns>
    Task<bool> RemoveAsync(string id, CancellationToken cancellationToken);

    /// <summary>Looks a container up.</summary>
    /// <param name="id">Its id or name.</param>
    /// <returns>The container; null when there is none.</returns>
    Task<EngineContainer?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>
    /// Reads a container's specification back: what <see cref="CreateAsync"/> was asked for. By itself the engine fills in a host name, the
    /// working directory, the size of /dev/shm and, once the container has started, its default limits of open files and locked memory,
    /// each where none was asked for; and it adds the image's environment variables and labels. Whether the limit of open files was
    /// required is known to the plan alone: here it always is. A container that somebody else made may have what a specification has no
    /// words for (volumes, parts of a CPU, ports under other numbers, groups by name); that is not told, and any network but the node's is
    /// the bridge.
    /// </summary>
    /// <param name="id">Its id or name.</param>
    /// <returns>The specification; null when there is no such container.</returns>
    Task<ContainerSpec?> SpecificationAsync(string id, CancellationToken cancellationToken);

    /// <summary>Inspects a container: its state, its specification, and what a specification has no words for.</summary>
    /// <param name="id">Its id or name.</param>
    /// <returns>The inspection; null when there is no such container.</returns>
    Task<ContainerInspection?> InspectAsync(string id, CancellationToken cancellationToken);

    /// <summary>Lists containers in every state that carry all the labels given.</summary>
    /// <param name="labels">Label names, with a value or with null for any value.</param>
    Task<IReadOnlyList<EngineContainer>> ListAsync(IReadOnlyDictionary<string, string?> labels, CancellationToken cancellationToken);

    /// <summary>Reads a container's log.</summary>
    /// <param name="id">Its id or name.</param>
    /// <param name="part">What of it.</param>
    IAsyncEnumerable<EngineLogLine> ReadLogAsync(string id, LogPart part, CancellationToken cancellationToken);

    /// <summary>The same of a part that no time bounds.</summary>
    /// <param name="id">Its id or name.</param>
    /// <param name="tail">The last so many lines; null is all.</param>
    /// <param name="follow">Whether to go on until the container ends.</param>
    IAsyncEnumerable<EngineLogLine> ReadLogAsync(string id, int? tail, bool follow, CancellationToken cancellationToken) =>
        ReadLogAsync(id, new LogPart(tail, follow), cancellationToken);

    /// <summary>Tells what happens to containers that carry all the labels given, as it happens, until its token is cancelled.</summary>
    /// <param name="since">
    /// Begins with what happened from then on by the engine's clock (<see cref="EngineDetails.Now"/>), of which an engine remembers the
    /// last 256 things (moby, daemon/events); null begins with what is to come once the engine
    /// has the request, which nobody is told: who starts something after it names a time.
    /// </param>
    /// <param name="labels">Label names, with a value or with null for any value.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.EngineUnavailable"/>: the engine went; or the connection's own.</exception>
    IAsyncEnumerable<ContainerEvent> ReadEventsAsync(
        DateTimeOffset? since, IReadOnlyDictionary<string, string?> labels, CancellationToken cancellationToken);
}

/// <summary>What a node's engine is.</summary>
/// <param name="Version">The engine's version.</param>
/// <param name="ApiVersion">The API version agreed on.</param>
public sealed record EngineInfo(string Version, string ApiVersion);

/// <summary>What is read of a container's log.</summary>
/// <param name="Tail">The last so many lines; null is all.</param>
/// <param name="Follow">Whether to go on until the container ends.</param>
/// <param name="Since">The earliest time; null is from the beginning.</param>
public sealed record LogPart(int? Tail = null, bool Follow = false, DateTimeOffset? Since = null);

/// <summary>A line of a container's log.</summary>
/// <param name="Stream">stdout or stderr.</param>
/// <param name="Time">When the engine received it, in UTC.</param>
/// <param name="Text">The line without its line end.</param>
public sealed record EngineLogLine(string Stream, DateTimeOffset Time, string Text);

/// <summary>Hands out the engines of nodes over the connections of <see cref="INodeConnector"/>.</summary>
public interface IEngineConnector
{
    /// <summary>Gives a node's engine; its version was asked for and fits.</summary>
    /// <param name="node">The node's name.</param>
    /// <exception cref="HpcException">
    /// The ids of a connection, <see cref="ErrorId.EngineUnavailable"/> and <see cref="ErrorId.EngineTooOld"/>.
    /// </exception>
    Task<IContainerEngine> ConnectAsync(string node, CancellationToken cancellationToken);
}

/// <summary>
/// The streams of a container's main process, from the moment of attaching on. Disposing of it leaves; the process goes on, and its input
/// stays open. A process whose output nobody reads is held when the streams are full, as it would be by its own pipes.
/// </summary>
/// <remarks>With a terminal (<see cref="ContainerSpec.Terminal"/>) all output is in <see cref="Output"/>.</remarks>
public interface IAttachment : IAsyncDisposable
{
    /// <summary>What the process reads; only of a container with <see cref="ContainerSpec.OpenInput"/>.</summary>
    Stream Input { get; }

    /// <summary>The process's standard output; it ends with the process.</summary>
    Stream Output { get; }

    /// <summary>The process's standard error; it ends with the process.</summary>
    Stream Error { get; }

    /// <summary>Tells the process's terminal its size.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.ContainerNotReady"/>: the process has ended.</exception>
    Task ResizeAsync(TerminalSize size, CancellationToken cancellationToken);
}
