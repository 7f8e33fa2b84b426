using PisaHpc.Nodes;
using PisaHpc.Sites;
using Renci.SshNet;

namespace PisaHpc.Adapters.Ssh;

/// <summary>
/// Asks a node for its host key by the handshake of ssh (RFC 4253, section 8), and leaves before anybody logs in. Whether the node is the
/// right one is for whoever compares the fingerprint to say.
/// </summary>
internal static class HostKeyProbe
{
    /// <summary>The types of keys that are asked for first, as ssh-keygen makes them today.</summary>
    private const string Preferred = "ssh-ed25519";

    /// <summary>Reads a node's host key.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeUnreachable"/>: no sshd answers there.</exception>
    public static async Task<HostKey> ReadAsync(string node, NodeAccess access, CancellationToken cancellationToken)
    {
        HostKey? shown = null;
        using var login = new NoneAuthenticationMethod("host-key");
        var info = new ConnectionInfo(node, access.Port, "host-key", login) { Timeout = access.ConnectTimeout, RetryAttempts = 1 };
        PreferPlain(info);
        using var client = new SshClient(info);
        client.HostKeyReceived += (_, key) =>
        {
            shown = HostKey.FromBlob(key.HostKey);
            key.CanTrust = false;
        };
        try
        {
            await client.ConnectAsync(cancellationToken);
        }
        catch (Exception refused) when (shown is not null && refused is not OperationCanceledException)
        {
            // The handshake ends there, since nothing is trusted.
        }
        catch (Exception cause) when (cause is not OperationCanceledException)
        {
            throw ConnectionFailure.Of(cause, node, access, "none");
        }

        return shown ?? throw ConnectionFailure.Unreachable(node, access.Port, "its sshd shows no key that can be read");
    }

    /// <summary>Certificates of hosts go: a known_hosts line is of a key.</summary>
    private static void PreferPlain(ConnectionInfo info)
    {
        var plain = info.HostKeyAlgorithms.Where(entry => !entry.Key.Contains("-cert-", StringComparison.Ordinal)).ToList();
        info.HostKeyAlgorithms.Clear();
        foreach (var (name, maker) in plain.OrderBy(entry => entry.Key == Preferred ? 0 : 1))
        {
            info.HostKeyAlgorithms.Add(name, maker);
        }
    }
}
