namespace PisaHpc.Nodes;

/// <summary>
/// The host keys that are known: the lines of one or several known_hosts files, as ssh(1) looks at its user and system files.
/// </summary>
public sealed class KnownHosts
{
    private readonly List<KnownHostLine> _lines;

    private KnownHosts(IReadOnlyList<string> files, List<KnownHostLine> lines)
    {
        Files = files;
        _lines = lines;
    }

    /// <summary>The files, in the order in which they are looked at.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>Reads known_hosts files; one that does not exist is empty.</summary>
    /// <param name="files">The paths.</param>
    /// <exception cref="IOException">A file exists and cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A file exists and may not be read.</exception>
    public static KnownHosts Read(IReadOnlyList<string> files) =>
        new(files, files.Where(File.Exists).SelectMany(file => Lines(file, File.ReadLines(file))).ToList());

    /// <summary>Reads the text of one known_hosts file.</summary>
    /// <param name="file">The name that messages give it.</param>
    public static KnownHosts Parse(string file, string text) => new([file], Lines(file, text.Split('\n')).ToList());

    /// <summary>Looks up a key that a host has shown.</summary>
    /// <param name="host">The host as the caller named it.</param>
    /// <param name="port">The port of its sshd.</param>
    public HostKeyVerdict Find(string host, int port, HostKey key)
    {
        var verdict = FindName(KnownHostNames.NameOf(host, port), key);

        // As ssh(1): a host on a port of its own may show the key that is known for the bare name.
        return verdict.Status == HostKeyStatus.Unknown && port != 22
            && FindName(KnownHostNames.NameOf(host, 22), key) is { Status: HostKeyStatus.Known or HostKeyStatus.Revoked } bare
                ? bare
                : verdict;
    }

    /// <summary>
    /// The key types that are known for a host, which a client asks for first: a host with several keys would look changed else.
    /// </summary>
    /// <param name="port">The port of its sshd.</param>
    public IReadOnlyList<string> TypesOf(string host, int port)
    {
        var own = LinesOf(KnownHostNames.NameOf(host, port), KnownHostMarker.None).Select(line => line.Key.Type);
        var bare = LinesOf(KnownHostNames.NameOf(host, 22), KnownHostMarker.None).Select(line => line.Key.Type);
        return own.Concat(bare).Distinct(StringComparer.Ordinal).ToList();
    }

    /// <summary>The certificate authorities that are named for a host.</summary>
    /// <param name="port">The port of its sshd.</param>
    public IReadOnlyList<KnownHostLine> AuthoritiesOf(string host, int port) =>
        LinesOf(KnownHostNames.NameOf(host, port), KnownHostMarker.CertificateAuthority).ToList();

    private static IEnumerable<KnownHostLine> Lines(string file, IEnumerable<string> texts) =>
        texts.Select((text, index) => KnownHostLine.Parse(file, index + 1, text.TrimEnd('\r'))).OfType<KnownHostLine>();

    private IEnumerable<KnownHostLine> LinesOf(string name, KnownHostMarker marker) =>
        _lines.Where(line => line.Marker == marker && line.Hosts.Match(name));

    private HostKeyVerdict FindName(string name, HostKey key)
    {
        if (LinesOf(name, KnownHostMarker.Revoked).FirstOrDefault(line => line.Key.Equals(key)) is { } revoked)
        {
            return new HostKeyVerdict(HostKeyStatus.Revoked, revoked);
        }

        var sameType = LinesOf(name, KnownHostMarker.None).Where(line => line.Key.Type == key.Type).ToList();
        if (sameType.FirstOrDefault(line => line.Key.Equals(key)) is { } known)
        {
            return new HostKeyVerdict(HostKeyStatus.Known, known);
        }

        return sameType.Count > 0
            ? new HostKeyVerdict(HostKeyStatus.Changed, sameType[0])
            : new HostKeyVerdict(HostKeyStatus.Unknown, null);
    }
}

/// <summary>What known_hosts says of a key that a host has shown.</summary>
public enum HostKeyStatus
{
    /// <summary>No line for the host holds a key of this type.</summary>
    Unknown,

    /// <summary>A line for the host holds this very key.</summary>
    Known,

    /// <summary>The lines for the host hold another key of this type.</summary>
    Changed,

    /// <summary>A line for the host says that this key is no longer to be trusted.</summary>
    Revoked,
}

/// <summary>What known_hosts says of a key, and where it says so.</summary>
/// <param name="Status">The answer.</param>
/// <param name="Line">The line that gave the answer; null when no line did.</param>
public sealed record HostKeyVerdict(HostKeyStatus Status, KnownHostLine? Line);

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
            _ => new HpcException(
                ErrorId.HostKeyUnknown, UnknownText(node, port, key, knownHosts), node, AddRemedy(node, port, key, knownHosts)),
        };
    }

    /// <summary>By ssh-keyscan(1), whose <c>-t</c> has words of its own for types; null where there is no file to add it to.</summary>
    private static string? AddRemedy(string node, int port, HostKey key, KnownHosts knownHosts)
    {
        if (knownHosts.Files is not [var file, ..])
        {
            return null;
        }

        var type = key.Type.Split('-') is ["ssh", var plain] ? plain
            : key.Type.StartsWith("ecdsa-", StringComparison.Ordinal) ? "ecdsa"
            : null;
        string[] options = [type is null ? "" : $"-t {type} ", port == 22 ? "" : $"-p {port} "];
        return $"Compare the fingerprint with that of ssh-keygen -lf /etc/ssh/ssh_host_{type ?? "ed25519"}_key.pub on the node; if it is "
            + $"the same, add the key: ssh-keyscan {string.Concat(options)}{node} >> {ShellQuoting.Quote(file)}.";
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
