namespace PisaHpc.Nodes;

/// <summary>
/// A way to run commands on one node: in process over ssh, through the OpenSSH client, or locally. Commands are argument arrays; what
/// must cross a remote shell is quoted by the implementation with <see cref="ShellQuoting"/> and <see cref="LoginShellLine"/>.
/// </summary>
public interface INodeConnection : IAsyncDisposable
{
    /// <summary>The node's name as the caller gave it.</summary>
    string Node { get; }

    /// <summary>Runs a command to its end: one round trip on an open connection. Cancelling ends the command on the node too.</summary>
    /// <param name="arguments">The program and its arguments; at least one.</param>
    /// <param name="input">What the command reads from standard input.</param>
    /// <param name="cancellationToken">Ends the command.</param>
    /// <returns>Exit code and output; a code other than 0 is a result, not an exception.</returns>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.NodeUnreachable"/> when the connection broke; <see cref="ErrorId.NodeShellRefused"/> when the account's login
    /// shell ran something else.
    /// </exception>
    Task<NodeCommandResult> RunAsync(IReadOnlyList<string> arguments, ReadOnlyMemory<byte> input, CancellationToken cancellationToken);

    /// <summary>Starts a command whose streams the caller reads and writes while it runs.</summary>
    /// <param name="arguments">The program and its arguments; at least one.</param>
    /// <param name="cancellationToken">Ends the start, not the running command.</param>
    /// <exception cref="HpcException">As for a command that runs to its end.</exception>
    Task<INodeProcess> StartAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken);
}
