namespace PisaHpc.Nodes;

/// <summary>A running command on a node with its three streams. Disposing it ends the command on the node.</summary>
public interface INodeProcess : IAsyncDisposable
{
    /// <summary>The command's standard input; disposing it is end of file.</summary>
    Stream Input { get; }

    /// <summary>The command's standard output.</summary>
    Stream Output { get; }

    /// <summary>The command's standard error.</summary>
    Stream Error { get; }

    /// <summary>Waits for the command's end.</summary>
    /// <param name="cancellationToken">Ends the waiting, not the command.</param>
    /// <returns>The exit code; 128 + n when signal n ended it.</returns>
    Task<int> WaitAsync(CancellationToken cancellationToken);
}
