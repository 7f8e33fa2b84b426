using System.Globalization;
using System.Text.RegularExpressions;
using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.Adapters.Ssh;

/// <summary>Why the OpenSSH client ended with 255, from its own words (sshconnect.c).</summary>
internal static partial class OpenSshFailure
{
    /// <summary>The failure of an attempt to connect.</summary>
    /// <param name="access">How it was reached.</param>
    /// <param name="error">What ssh wrote to standard error.</param>
    /// <param name="debug">What ssh wrote when it was asked to tell more; empty when it was not.</param>
    public static HpcException Of(string node, NodeAccess access, string error, string debug)
    {
        const StringSplitOptions Lines = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;
        var shown = ServerKey().Match(debug) is { Success: true } key ? key.Groups[1].Value : null;
        var words = Quote.Words(string.Join(' ', error.Split('\n', Lines)));
        if (ChangedKey().Match(words) is { Success: true } changed)
        {
            return Changed(node, changed, OffendingLine().Match(words));
        }

        if (words.Contains("REVOKED HOST KEY", StringComparison.Ordinal) || words.Contains("marked as revoked", StringComparison.Ordinal))
        {
            return new HpcException(
                ErrorId.HostKeyChanged,
                $"The host key of {node}{Shown(shown)} is revoked: {words}",
                node,
                "Find out why the key was revoked; give the node a new host key and put it into known_hosts.");
        }

        if (UnknownKey().IsMatch(words))
        {
            return new HpcException(
                ErrorId.HostKeyUnknown, $"The host key of {node}{Shown(shown)} stands in no known_hosts file: {words}", node);
        }

        if (PartialSuccess().Match(debug) is { Success: true } accepted && MethodsIn(words) is { } wanted)
        {
            var what = accepted.Groups[1].Value switch { "publickey" => "the key", "" => "the first factor", var method => method };
            return ConnectionFailure.HalfAccepted(node, what, wanted, $"ssh: {words}");
        }

        return Refused().IsMatch(words)
            ? ConnectionFailure.NotAccepted(node, $"ssh: {words}")
            : ConnectionFailure.Unreachable(node, access.Port, ReasonOf(words));
    }

    /// <summary>
    /// Whether asking ssh to tell more would help: of the key that the node shows, or of a key that it accepted, since publickey is not
    /// among the methods that it would go on with.
    /// </summary>
    public static bool WantsDebugging(string error) =>
        UnknownKey().IsMatch(error)
        || error.Contains("revoked", StringComparison.OrdinalIgnoreCase)
        || MethodsIn(error)?.Contains("publickey", StringComparer.Ordinal) == false;

    /// <summary>The methods that a node would go on with; null when it did not end so.</summary>
    private static string[]? MethodsIn(string error) =>
        Denied().Match(error) is { Success: true } denied ? denied.Groups[1].Value.Split(',') : null;

    private static HpcException Changed(string node, Match changed, Match offending)
    {
        var place = offending.Success ? $"{offending.Groups[1].Value}:{offending.Groups[2].Value}" : "known_hosts";
        var known = offending.Success ? KnownFingerprint(offending.Groups[1].Value, offending.Groups[2].ValueSpan) : "another";
        return new HpcException(
            ErrorId.HostKeyChanged,
            $"The {changed.Groups[1].Value} host key of {node} is {changed.Groups[2].Value}, and {place} says {known}.",
            node);
    }

    private static string KnownFingerprint(string file, ReadOnlySpan<char> number)
    {
        var index = int.Parse(number, CultureInfo.InvariantCulture);
        var text = File.Exists(file) ? File.ReadLines(file).ElementAtOrDefault(index - 1) : null;
        return text is not null && KnownHostLine.Parse(file, index, text) is { } line ? line.Key.Fingerprint : "another";
    }

    private static string Shown(string? shown) => shown is null ? "" : $", {shown},";

    private static string ReasonOf(string words) => words switch
    {
        "" => "ssh gave no reason",
        _ when words.Contains("Could not resolve hostname", StringComparison.Ordinal) => $"its name is not known ({words})",
        _ when words.Contains("Connection refused", StringComparison.Ordinal) => $"connection refused; no sshd listens there ({words})",
        _ => words,
    };

    [GeneratedRegex(@"fingerprint for the (\S+) key sent by the remote host is\s+(SHA256:\S+?)\.(?:\s|$)")]
    private static partial Regex ChangedKey();

    [GeneratedRegex(@"Offending \S+ key in (\S+):(\d+)")]
    private static partial Regex OffendingLine();

    [GeneratedRegex("host key is known for|Host key verification failed")]
    private static partial Regex UnknownKey();

    [GeneratedRegex("Permission denied|Too many authentication failures|No more authentication methods|no mutual signature")]
    private static partial Regex Refused();

    [GeneratedRegex(@"Permission denied \(([^)]*)\)")]
    private static partial Regex Denied();

    [GeneratedRegex(@"Authenticated (?:using ""(\S+)"" )?with partial success")]
    private static partial Regex PartialSuccess();

    [GeneratedRegex(@"Server host key: (\S+ SHA256:\S+)")]
    private static partial Regex ServerKey();
}
