using System.Security.Cryptography;
using System.Text;

namespace PisaHpc.Nodes;

/// <summary>
/// The hosts field of a known_hosts line: names, <c>[name]:port</c>, wildcards and negated patterns between commas, or one hashed name
/// (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT).
/// </summary>
/// <param name="Text">The field.</param>
public sealed record KnownHostNames(string Text)
{
    private const string HashPrefix = "|1|";

    /// <summary>
    /// The name under which known_hosts knows a host: the bare name on port 22, <c>[name]:port</c> else; always in lower case.
    /// </summary>
    /// <param name="host">The host's name or address.</param>
    /// <param name="port">The port of its sshd.</param>
    public static string NameOf(string host, int port) => (port == 22 ? host : $"[{host}]:{port}").ToLowerInvariant();

    /// <summary>Whether the field is for a host.</summary>
    /// <param name="name">The host as <see cref="NameOf"/> gives it.</param>
    public bool Match(string name) =>
        Text.StartsWith(HashPrefix, StringComparison.Ordinal) ? MatchHash(name) : MatchPatterns(name);

    private bool MatchPatterns(string name)
    {
        var found = false;
        foreach (var pattern in Text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var negated = pattern.StartsWith('!');
            if (!MatchPattern((negated ? pattern[1..] : pattern).ToLowerInvariant(), name))
            {
                continue;
            }

            if (negated)
            {
                return false;
            }

            found = true;
        }

        return found;
    }

    /// <summary>Matches * and ? without backtracking into more than the last star, so that no line can make it slow.</summary>
    private static bool MatchPattern(string pattern, string name)
    {
        int p = 0, n = 0, star = -1, resume = 0;
        while (n < name.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                resume = n;
            }
            else if (p < pattern.Length && (pattern[p] == '?' || pattern[p] == name[n]))
            {
                p++;
                n++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                n = ++resume;
            }
            else
            {
                return false;
            }
        }

        return pattern.AsSpan(p).TrimStart('*').IsEmpty;
    }

    private bool MatchHash(string name)
    {
        var parts = Text[HashPrefix.Length..].Split('|');
        if (parts.Length != 2 || !TryDecode(parts[0], out var salt) || !TryDecode(parts[1], out var expected))
        {
            return false;
        }

#pragma warning disable CA5350 // The file format says HMAC-SHA1; it hides names from readers of the file and protects nothing else.
        return HMACSHA1.HashData(salt, Encoding.UTF8.GetBytes(name)).AsSpan().SequenceEqual(expected);
#pragma warning restore CA5350
    }

    private static bool TryDecode(string base64, out byte[] bytes)
    {
        var buffer = new byte[base64.Length];
        var decoded = Convert.TryFromBase64String(base64, buffer, out var length);
        bytes = buffer[..length];
        return decoded;
    }
}
