namespace PisaHpc.Adapters.Ssh;

/// <summary>
/// An open way to one node: starts commands there. Sharing, cancelling and reconnecting are the business of <see cref="NodeSessions"/>.
/// </summary>
internal interface INodeTransport : IAsyncDisposable
{
    /// <summary>Whether commands can still be started; false once the connection is known to be gone.</summary>
    bool IsOpen { get; }

    /// <summary>How many commands the transport carries at a time.</summary>
    int MaxSessions { get; }

    /// <summary>
    /// Starts a command under the login shell of the node. It takes a round trip and cannot be cancelled: what is sent is sent.
    /// </summary>
    /// <exception cref="SessionRefusedException">The node refuses one more session on this connection; nothing was started.</exception>
    /// <exception cref="HpcException">The connection broke.</exception>
    Task<INodeSession> StartAsync(RemoteCommand command);
}

/// <summary>A command that runs on a node.</summary>
internal interface INodeSession : IAsyncDisposable
{
    /// <summary>Standard input; disposing it is end of file once something was written.</summary>
    Stream Input { get; }

    /// <summary>Standard output behind the command's first line: for a caller that has waited for <see cref="ProcessIdAsync"/>.</summary>
    Stream Output { get; }

    /// <summary>Standard error.</summary>
    Stream Error { get; }

    /// <summary>The exit code, 128 + n after signal n; fails when the connection breaks first.</summary>
    Task<int> Completion { get; }

    /// <summary>The command's process id, from its first line; null when it ended without one.</summary>
    Task<int?> ProcessIdAsync();

    /// <summary>
    /// Waits for the end and gives both outputs, for a caller that has not touched the streams, or has been told that there is no first
    /// line: then everything that came.
    /// </summary>
    Task<SessionOutput> ReadToEndAsync();
}

/// <summary>What a command wrote.</summary>
/// <param name="ExitCode">The exit code.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Error">Standard error.</param>
/// <param name="HasHead">Whether the command's first line came; without it the login shell ran something else, or nothing.</param>
internal sealed record SessionOutput(int ExitCode, ReadOnlyMemory<byte> Output, ReadOnlyMemory<byte> Error, bool HasHead);

/// <summary>A node's sshd allows fewer sessions on a connection (MaxSessions in sshd_config(5)) than were asked for.</summary>
internal sealed class SessionRefusedException(string message, Exception innerException) : Exception(message, innerException);
