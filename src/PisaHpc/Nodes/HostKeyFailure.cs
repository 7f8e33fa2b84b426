namespace PisaHpc.Nodes;

/// <summary>The failures that an untrusted host key makes, told the same by every implementation of a connection.</summary>
public static class HostKeyFailure
{
    /// <summary>Makes the failure for a key that is not <see cref="HostKeyStatus.Known"/>.</summary>
    /// <param name="port">The port of its sshd.</param>
    /// <param name="key">The key that it showed.</param>
    /// <param name="verdict">What known_hosts says of it.</param>
    /// <param name="knownHosts">Where it was looked up.</param>
    public static HpcException Of(string node, int port, HostKey key, HostKeyVerdict verdict, KnownHosts knownHosts)
    {
        var name = KnownHostNames.NameOf(node, port);
        return verdict switch
        {
            { Status: HostKeyStatus.Changed, Line: { } line } => new HpcException(
                ErrorId.HostKeyChanged,
                $"The {key.Type} host key of {name} is {key.Fingerprint}, and {line} says {line.Key.Fingerprint}.",
                node),
            { Status: HostKeyStatus.Revoked, Line: { } line } => new HpcException(
                ErrorId.HostKeyChanged,
                $"The {key.Type} host key of {name}, {key.Fingerprint}, is revoked at {line}.",
                node,
                "Find out why the key was revoked; give the node a new host key and put it into known_hosts."),
            _ => new HpcException(ErrorId.HostKeyUnknown, UnknownText(node, port, key, knownHosts), node),
        };
    }

    private static string UnknownText(string node, int port, HostKey key, KnownHosts knownHosts)
    {
        var name = KnownHostNames.NameOf(node, port);
        var text = $"The {key.Type} host key of {name}, {key.Fingerprint}, stands in none of {string.Join(", ", knownHosts.Files)}.";
        var others = knownHosts.TypesOf(node, port);
        if (others.Count > 0)
        {
            text += $" Keys of other types are known for it: {string.Join(", ", others)}.";
        }

        return knownHosts.AuthoritiesOf(node, port) is [var authority, ..]
            ? $"{text} A certificate authority is named for it at {authority}; certificates of hosts are only checked by 'client: openssh'."
            : text;
    }
}
