using System.Net.Sockets;
using System.Text.RegularExpressions;
using PisaHpc.Engines;

namespace PisaHpc.Adapters.Engines.Docker;

/// <summary>
/// Why an engine's unix socket lets nobody in (connect(2), unix(7)): it is not there (ENOENT), this user may not use it (EACCES), or nobody
/// listens (ECONNREFUSED). Each has its own words and its own next step, whoever met it: this process, or a node's docker client.
/// </summary>
internal static partial class SocketFailure
{
    /// <summary>The failure of this process's own attempt.</summary>
    /// <param name="path">The socket.</param>
    /// <param name="cause">What connect(2) said. .NET has no error of its own for ENOENT: it tells it as EADDRNOTAVAIL.</param>
    public static HpcException Of(string node, string path, SocketException cause) => cause.SocketErrorCode switch
    {
        _ when !Path.Exists(path) && cause.SocketErrorCode != SocketError.AccessDenied => Missing(node, path, cause),
        SocketError.AccessDenied => Forbidden(node, path, cause),
        SocketError.ConnectionRefused => Refused(node, path, cause),
        _ => new HpcException(
            ErrorId.EngineUnavailable,
            $"The engine on {node} does not answer at {path}: {Quote.Cause(cause)}",
            node,
            innerException: cause),
    };

    /// <summary>
    /// The failure that the words of a node's docker client tell, or of the agent's program; null when they tell of no socket.
    /// </summary>
    /// <param name="words">What it wrote to standard error.</param>
    public static HpcException? In(string node, string words)
    {
        var dial = Dial().Match(words);
        var path = dial.Groups[1].Value;
        return dial.Groups[2].Value.ToLowerInvariant() switch
        {
            "no such file or directory" => Missing(node, path),
            "permission denied" => Forbidden(node, path),
            "connection refused" => Refused(node, path),
            _ => null,
        };
    }

    private static HpcException Missing(string node, string path, Exception? cause = null) => new(
        ErrorId.EngineUnavailable,
        $"The engine on {node} has no socket {path}: no engine is installed or started there, or its socket has another path.",
        node,
        $"Start the engine: ssh {node} systemctl start docker; or name its socket in nodes.engineSocket of the site definition.",
        cause)
    {
        // An engine takes its own socket with it when it is stopped; another path is the site's word.
        MayBeSetting = !KnownEngines.All.Any(engine => engine.Sockets.Contains(path)),
    };

    private static HpcException Forbidden(string node, string path, Exception? cause = null) => new(
        ErrorId.EngineUnavailable,
        $"The engine on {node} cannot be used: this user has no permission for its socket {path}.",
        node,
        $"See who may use it: ls -l {path} on the node; then join that group, often docker, and log in anew, or use root.",
        cause)
    {
        MayBeSetting = true,
    };

    private static HpcException Refused(string node, string path, Exception? cause = null) => new(
        ErrorId.EngineUnavailable,
        $"The engine on {node} does not run: nobody listens at its socket {path}.",
        node,
        $"Start it: ssh {node} systemctl start docker; its last words: ssh {node} journalctl -u docker.",
        cause);

    /// <summary>Go's net.OpError, as the docker client prints it; and strerror(3), as native/relay.c does.</summary>
    [GeneratedRegex(
        "(?:dial unix|pisahpc-run:) (/.*?): (?:connect: )?(no such file or directory|permission denied|connection refused)",
        RegexOptions.IgnoreCase)]
    private static partial Regex Dial();
}
