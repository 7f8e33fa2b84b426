using System.Text;

namespace PisaHpc.Nodes;

/// <summary>
/// A way to run commands on one node: in process over ssh, through the OpenSSH client, or locally. Commands are argument arrays; what
/// must cross a remote shell is quoted by the implementation with <see cref="ShellQuoting"/> and <see cref="LoginShellLine"/>.
/// </summary>
public interface INodeConnection
{
    /// <summary>The node's name as the caller gave it.</summary>
    string Node { get; }

    /// <summary>Runs a command to its end: one round trip on an open connection. Cancelling ends the command on the node too.</summary>
    /// <param name="arguments">The program and its arguments; at least one.</param>
    /// <param name="input">What the command reads from standard input.</param>
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

/// <summary>Hands out connections to nodes. They belong to it: it pools them, and closes those that are idle.</summary>
public interface INodeConnector
{
    /// <summary>Gives a connection to a node, an open one where the pool has it.</summary>
    /// <param name="node">The node's name.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.NodeUnreachable"/>, <see cref="ErrorId.NodeAuthenticationFailed"/>, <see cref="ErrorId.HostKeyUnknown"/> or
    /// <see cref="ErrorId.HostKeyChanged"/>, with the node as target.
    /// </exception>
    Task<INodeConnection> ConnectAsync(string node, CancellationToken cancellationToken);
}

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
    /// <returns>The exit code; 128 + n when signal n ended it.</returns>
    Task<int> WaitAsync(CancellationToken cancellationToken);
}

/// <summary>What a command on a node left behind.</summary>
/// <param name="ExitCode">The exit code; 128 + n when signal n ended it, as a shell reports it.</param>
/// <param name="Output">Standard output, whole.</param>
/// <param name="Error">Standard error, whole, as UTF-8 text.</param>
public sealed record NodeCommandResult(int ExitCode, ReadOnlyMemory<byte> Output, string Error)
{
    /// <summary>Standard output as UTF-8 text.</summary>
    public string Text => Encoding.UTF8.GetString(Output.Span);
}
