using System.Net.Sockets;
using System.Text;
using PisaHpc.Nodes;
using PisaHpc.Sites;
using Renci.SshNet.Common;

namespace PisaHpc.Adapters.Ssh;

/// <summary>The failures of a connection, with the reason in words an admin can act on.</summary>
internal static class ConnectionFailure
{
    /// <summary>A connection that could not be made.</summary>
    /// <param name="cause">What the library said.</param>
    /// <param name="access">How it was reached.</param>
    /// <param name="credentials">The login and the keys, for a refusal.</param>
    public static HpcException Of(Exception cause, string node, NodeAccess access, string credentials) => cause switch
    {
        HpcException known => known,
        SshAuthenticationException => NotAccepted(node, credentials, cause),
        SocketException socket => Unreachable(node, access.Port, ReasonOf(socket), cause),
        TimeoutException or SshOperationTimeoutException =>
            Unreachable(node, access.Port, $"no answer within {access.ConnectTimeout.TotalSeconds:0.#} s", cause),
        _ => Unreachable(node, access.Port, Quote.Cause(cause), cause),
    };

    /// <summary>A login that the node refused.</summary>
    public static HpcException NotAccepted(string node, string credentials, Exception? cause = null) => new(
        ErrorId.NodeAuthenticationFailed, $"Node {node} refused the login ({credentials}).", node, innerException: cause);

    /// <summary>A login of which the node accepted a part and wants more (sshd_config(5), AuthenticationMethods).</summary>
    /// <param name="accepted">What it accepted.</param>
    /// <param name="wanted">The methods that the node would go on with.</param>
    /// <param name="credentials">The login and the keys.</param>
    /// <param name="cause">What the library said.</param>
    public static HpcException HalfAccepted(
        string node, string accepted, IEnumerable<string> wanted, string credentials, Exception? cause = null) => new(
        ErrorId.NodeAuthenticationFailed,
        $"Node {node} accepted {accepted} and wants a second factor, {string.Join(" or ", wanted)}, which nobody gives here "
            + $"({credentials}).",
        node,
        "Let the key alone be enough for this account: AuthenticationMethods publickey, in a Match block of the node's sshd_config.",
        cause);

    /// <summary>A node that cannot be reached.</summary>
    public static HpcException Unreachable(string node, int port, string reason, Exception? cause = null) => new(
        ErrorId.NodeUnreachable, $"Node {KnownHostNames.NameOf(node, port)} cannot be reached: {reason}.", node, innerException: cause);

    /// <summary>A connection that was open and is gone.</summary>
    public static HpcException Broken(string node, Exception cause) => cause as HpcException ?? new HpcException(
        ErrorId.NodeUnreachable, $"The connection to node {node} broke: {Quote.Cause(cause)}", node, innerException: cause);

    private static string ReasonOf(SocketException socket) => socket.SocketErrorCode switch
    {
        SocketError.HostNotFound or SocketError.NoData => "its name is not known",
        SocketError.TryAgain => "its name cannot be looked up now (the name service does not answer)",
        SocketError.ConnectionRefused => "connection refused; no sshd listens there",
        SocketError.HostUnreachable or SocketError.NetworkUnreachable => "no route to it",
        SocketError.TimedOut => "it does not answer",
        SocketError.AccessDenied => "a firewall or a policy of this machine does not allow it",
        _ => socket.Message,
    };
}

/// <summary>
/// A login whose shell did not run the command: nologin(8), /bin/false, a forced command (sshd_config(5), ForceCommand; sshd(8),
/// <c>command=</c> of authorized_keys), or a shell that does not find /bin/sh.
/// </summary>
internal static class LoginShellRefusal
{
    /// <summary>The failure, with what the shell said instead.</summary>
    /// <param name="output">All that came.</param>
    public static HpcException Of(string node, SessionOutput output) => new(
        ErrorId.NodeShellRefused,
        $"Node {node} accepted the login, and the account's shell did not run the command: it ended with {output.ExitCode} and said "
            + (WordsOf(output) is { Length: > 0 } words ? $"{Quote.Of(words)}." : "nothing."),
        node);

    private static string WordsOf(SessionOutput output)
    {
        var text = Encoding.UTF8.GetString(output.Output.Span) + "\n" + Encoding.UTF8.GetString(output.Error.Span);
        return string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }
}
