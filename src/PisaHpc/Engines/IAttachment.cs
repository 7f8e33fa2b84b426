namespace PisaHpc.Engines;

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
