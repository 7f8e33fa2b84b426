using System.Text;
using PisaHpc.Nodes;

namespace PisaHpc.Access.Login;

/// <summary>
/// A static environment's directory on a node: root's, mode 0700, outside of the container and longer-lived. Its host key is made there,
/// once, and never leaves the node; containers see it read-only under the same path.
/// </summary>
public static class LoginDirectory
{
    /// <summary>The private host key.</summary>
    public const string HostKey = "host_ed25519_key";

    private const int Refused = 70;

    private const int Absent = 71;

    private static readonly NodeScript Put = NodeScript.Of("Access/Login/put-login.sh");

    private static readonly NodeScript Read = NodeScript.Of("Access/Login/read-host-key.sh");

    /// <summary>The directory.</summary>
    /// <param name="staticDirectory">The site's, in which <c>{node}</c> stands for the node's name.</param>
    /// <param name="name">The static environment's name.</param>
    public static string PathOf(string staticDirectory, string node, string name)
    {
        ArgumentNullException.ThrowIfNull(staticDirectory);
        return $"{staticDirectory.Replace("{node}", node, StringComparison.Ordinal).TrimEnd('/')}/{name}";
    }

    /// <summary>Puts a configuration there, and makes the directory and its host key where they are missing.</summary>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.NodeCommandFailed"/>: the directory, or that above it, is not the connection's user's alone, or another user than
    /// he and root could put something else in the place of one further up.
    /// </exception>
    public static async Task PutAsync(
        INodeConnection connection, string directory, LoginConfiguration configuration, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentNullException.ThrowIfNull(configuration);
        var script = Put.Command(directory, configuration.FileName);
        var result = await connection.RunAsync(script, Encoding.UTF8.GetBytes(configuration.Text), cancellationToken);
        if (result.ExitCode != 0)
        {
            throw Failed(connection, directory, "could not be written", result);
        }
    }

    /// <summary>Reads the public host key.</summary>
    /// <returns>The key; null where no container was ever started there.</returns>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>: what is there is no key, or cannot be read.</exception>
    public static async Task<HostKey?> HostKeyAsync(INodeConnection connection, string directory, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connection);
        var result = await connection.RunAsync(Read.Command(directory), default, cancellationToken);
        if (result.ExitCode == Absent)
        {
            return null;
        }

        var words = result.Text.Split(' ', StringSplitOptions.TrimEntries);
        var blob = new byte[result.Text.Length];
        return result.ExitCode == 0 && words.Length >= 2 && Convert.TryFromBase64String(words[1], blob, out var length)
            && Nodes.HostKey.FromBlob(blob.AsMemory(0, length)) is { } key
            ? key
            : throw Failed(connection, directory, "has no host key that can be read", result);
    }

    private static HpcException Failed(INodeConnection connection, string directory, string what, NodeCommandResult result) => new(
        ErrorId.NodeCommandFailed,
        $"Directory {directory} on {connection.Node} {what} (exit code {result.ExitCode}): {Quote.Words(result.Error)}",
        connection.Node,
        result.ExitCode == Refused ? $"See whose they are: ssh {connection.Node} namei -l {directory}" : null);
}
