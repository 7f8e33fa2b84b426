namespace PisaHpc.Nodes;

/// <summary>What a line of known_hosts says of its key (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT).</summary>
public enum KnownHostMarker
{
    /// <summary>The host's own key.</summary>
    None,

    /// <summary>@cert-authority: the key signs certificates of hosts.</summary>
    CertificateAuthority,

    /// <summary>@revoked: the key must not be accepted.</summary>
    Revoked,
}

/// <summary>A line of a known_hosts file.</summary>
/// <param name="File">The file.</param>
/// <param name="Number">The line's number, from 1.</param>
/// <param name="Marker">The marker.</param>
/// <param name="Hosts">Which hosts it is for.</param>
/// <param name="Key">The key.</param>
public sealed record KnownHostLine(string File, int Number, KnownHostMarker Marker, KnownHostNames Hosts, HostKey Key)
{
    /// <summary>Reads one line.</summary>
    /// <param name="file">The file it stands in.</param>
    /// <param name="number">Its number, from 1.</param>
    /// <returns>
    /// The line; null for comments, empty lines, and lines that cannot be read, which OpenSSH passes over too (an old line must not lock
    /// everybody out).
    /// </returns>
    public static KnownHostLine? Parse(string file, int number, string text)
    {
        var fields = text.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length == 0 || fields[0].StartsWith('#'))
        {
            return null;
        }

        var marker = KnownHostMarker.None;
        if (fields[0].StartsWith('@'))
        {
            if (MarkerOf(fields[0]) is not { } known)
            {
                return null;
            }

            marker = known;
            fields = fields[1..];
        }

        return fields.Length >= 3 && KeyOf(fields[1], fields[2]) is { } key
            ? new KnownHostLine(file, number, marker, new KnownHostNames(fields[0]), key)
            : null;
    }

    /// <summary>Where it stands, as <c>file:line</c>.</summary>
    public override string ToString() => $"{File}:{Number}";

    private static KnownHostMarker? MarkerOf(string word) => word switch
    {
        "@revoked" => KnownHostMarker.Revoked,
        "@cert-authority" => KnownHostMarker.CertificateAuthority,
        _ => null,
    };

    private static HostKey? KeyOf(string type, string base64)
    {
        var blob = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, blob, out var length)
            && HostKey.FromBlob(blob.AsMemory(0, length)) is { } key
            && key.Type == type
            ? key
            : null;
    }
}
