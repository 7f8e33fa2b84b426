using System.Text.RegularExpressions;

namespace PisaHpc.Sites;

/// <summary>What an admin should know of how the nodes are reached.</summary>
internal static partial class NodeAccessAudit
{
    /// <summary>Looks the files of <see cref="NodeAccess"/> over.</summary>
    public static IEnumerable<SiteFinding> Examine(HpcSite site)
    {
        var config = site.Nodes.Config is { } file ? [file] : Array.Empty<string>();
        return Missing(site, "nodes.ssh.keys", site.Nodes.Keys)
            .Concat(Missing(site, "nodes.ssh.knownHosts", site.Nodes.KnownHosts))
            .Concat(Missing(site, "nodes.ssh.config", config))
            .Concat(config.Where(File.Exists).SelectMany(Configuration));
    }

    /// <summary>Whether an ssh option turns the checking of host keys off (ssh_config(5)).</summary>
    /// <param name="text">The option, alone or among others.</param>
    public static bool DisablesHostKeys(string text) => Disabling().IsMatch(text);

    private static IEnumerable<SiteFinding> Missing(HpcSite site, string key, IEnumerable<string> files) =>
        from file in files
        where !File.Exists(file)
        select SiteAudit.Warning(
            "FileMissing", site.Positions.GetValueOrDefault(key), $"{key}: {file} does not exist on this machine",
            "Correct the path, or make the file; a relative path starts at the definition's directory.");

    private static IEnumerable<SiteFinding> Configuration(string file)
    {
        var lines = File.ReadAllLines(file);
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].TrimStart();
            if (!line.StartsWith('#') && DisablesHostKeys(line))
            {
                yield return SiteAudit.Warning(
                    "HostKeysUnchecked", new SourcePosition(file, i + 1, lines[i].Length - line.Length + 1),
                    $"{Quote.Of(line.Trim())} turns the checking of the nodes' host keys off",
                    "Write StrictHostKeyChecking yes, and put the nodes' keys into a known_hosts file.");
            }
        }
    }

    [GeneratedRegex(
        @"\bStrictHostKeyChecking[\s=""]+(no|off|accept-new)\b|\bUserKnownHostsFile[\s=""]+/dev/null\b",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Disabling();
}
