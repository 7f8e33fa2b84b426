using System.Collections.Concurrent;
using System.Globalization;
using PisaHpc.Nodes;
using PisaHpc.Sites;
using Renci.SshNet;
using Renci.SshNet.Security;

namespace PisaHpc.Adapters.Ssh;

/// <summary>Checks the key that one node shows while connecting, and keeps the reason when it is refused.</summary>
internal sealed class HostKeyCheck
{
    private static readonly string[] DefaultFiles = ["~/.ssh/known_hosts", "/etc/ssh/ssh_known_hosts"];
    private static readonly ConcurrentDictionary<string, SeenFiles> Seen = new(StringComparer.Ordinal);
    private readonly string _node;
    private readonly int _port;
    private readonly KnownHosts _knownHosts;

    public HostKeyCheck(string node, NodeAccess access)
    {
        _node = node;
        _port = access.Port;
        var files = access.KnownHosts.Count > 0 ? access.KnownHosts : DefaultFiles;
        _knownHosts = Read(node, files.Select(UserFiles.Expand).ToList());
    }

    /// <summary>Why the key was refused; null when none was.</summary>
    public HpcException? Refusal { get; private set; }

    /// <summary>Whether the node may be talked to.</summary>
    public bool Trusts(byte[] blob)
    {
        var key = HostKey.FromBlob(blob) ?? new HostKey("unreadable", blob);
        var verdict = _knownHosts.Find(_node, _port, key);
        Refusal = verdict.Status == HostKeyStatus.Known ? null : HostKeyFailure.Of(_node, _port, key, verdict, _knownHosts);
        return Refusal is null;
    }

    /// <summary>
    /// Puts the algorithms of the key types known for the node first, as ssh(1) does, so that the node shows the key that is known. Those
    /// of host certificates go: nothing here checks a certificate.
    /// </summary>
    public void Prefer(IOrderedDictionary<string, Func<byte[], KeyHostAlgorithm>> algorithms)
    {
        var known = _knownHosts.TypesOf(_node, _port);
        var plain = algorithms.Where(entry => !entry.Key.Contains("-cert-", StringComparison.Ordinal)).ToList();
        algorithms.Clear();
        foreach (var (name, maker) in plain.OrderBy(entry => known.Contains(TypeOf(entry.Key), StringComparer.Ordinal) ? 0 : 1))
        {
            algorithms.Add(name, maker);
        }
    }

    /// <summary>The type of the keys that an algorithm signs with (RFC 8332: one RSA key type, several signatures).</summary>
    private static string TypeOf(string algorithm) => algorithm.StartsWith("rsa-sha2-", StringComparison.Ordinal) ? "ssh-rsa" : algorithm;

    /// <summary>
    /// Files are read once for all nodes, until one of them changes: a thousand nodes have a thousand lines each to look at.
    /// </summary>
    private static KnownHosts Read(string node, IReadOnlyList<string> files)
    {
        try
        {
            var key = string.Join('\n', files);
            var state = string.Join('\n', files.Select(StateOf));
            if (!Seen.TryGetValue(key, out var seen) || seen.State != state)
            {
                Seen[key] = seen = new SeenFiles(state, KnownHosts.Read(files));
            }

            return seen.Hosts;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new HpcException(
                ErrorId.HostKeyUnknown,
                $"The host key of {node} cannot be checked: {Quote.Cause(exception)}",
                node,
                innerException: exception);
        }
    }

    private static string StateOf(string file)
    {
        var info = new FileInfo(file);
        return info.Exists ? string.Create(CultureInfo.InvariantCulture, $"{info.LastWriteTimeUtc.Ticks} {info.Length}") : "";
    }

    private sealed record SeenFiles(string State, KnownHosts Hosts);
}
