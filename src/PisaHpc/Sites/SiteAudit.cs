using System.Globalization;
using System.Text.RegularExpressions;
using PisaHpc.Engines;

namespace PisaHpc.Sites;

/// <summary>What an admin should know of a definition that works.</summary>
public static class SiteAudit
{
    /// <summary>What may be on a node beside its engine, or below it: who reaches one of them is root as well.</summary>
    private static readonly string[] OtherSockets =
    [
        .. from directory in new[] { "/run", "/var/run" }
           from socket in new[]
           {
               "podman/podman.sock", "containerd/containerd.sock", "k3s/containerd/containerd.sock",
               "crio/crio.sock", "buildkit/buildkitd.sock",
           }
           select $"{directory}/{socket}",
    ];

    /// <summary>Looks a site over.</summary>
    /// <param name="ephemeral">The ports that the kernel hands out by itself; null when not known.</param>
    /// <returns>Warnings, and what makes a static environment impossible, in the order of the file.</returns>
    public static IReadOnlyList<SiteFinding> Examine(HpcSite site, EphemeralPorts? ephemeral)
    {
        ArgumentNullException.ThrowIfNull(site);
        var layers = site.Environments.Values.Prepend(site.Defaults).Concat(site.Queues.Values.Select(queue => queue.Settings))
            .Concat(site.Static.Values.Select(definition => definition.Settings));
        var findings = Ports(site, ephemeral).Concat(StaticAudit.Examine(site, ephemeral)).Concat(NodeAccessAudit.Examine(site))
            .Concat(layers.SelectMany(layer => Layer(site, layer)));
        var byFile = findings.OrderBy(finding => finding.File, StringComparer.Ordinal);
        return [.. byFile.ThenBy(finding => finding.Line).ThenBy(finding => finding.Column)];
    }

    internal static SiteFinding Warning(string rule, SourcePosition? position, string message, string remedy) => new()
    {
        Severity = nameof(FindingSeverity.Warning),
        Rule = rule,
        Message = message,
        File = position?.File,
        Line = position?.Line ?? 0,
        Column = position?.Column ?? 0,
        Remedy = remedy,
    };

    private static IEnumerable<SiteFinding> Ports(HpcSite site, EphemeralPorts? ephemeral)
    {
        if (site.PortArea is { } area && ephemeral is not null && area.First <= ephemeral.Last && area.Last >= ephemeral.First)
        {
            yield return Warning(
                "EphemeralPorts", site.Positions.GetValueOrDefault("portArea"),
                $"portArea: ports {area.First} to {area.Last} overlap {ephemeral.First} to {ephemeral.Last}, "
                + "which the kernel gives to outgoing connections",
                $"Choose ports outside the range of {EphemeralPorts.KernelFile}, or a job's port may be taken by any connection.");
        }
    }

    private static IEnumerable<SiteFinding> Layer(HpcSite site, EnvironmentLayer layer)
    {
        if (layer.Image is { } image && ImageReference.TryParse(image.Value) is { Digest: null, IsId: false, Tag: null or "latest" })
        {
            yield return Warning(
                "MovingImage", image.Source,
                $"{layer.Layer}: image {Quote.Of(image.Value)} has no tag of its own, so it changes when somebody publishes another",
                "Name a tag that stays, or a digest: image@sha256:….");
        }

        if (layer.Privileged is { Value: true } privileged)
        {
            yield return Warning(
                "Privileged", privileged.Source, $"{layer.Layer}: the container is privileged: who becomes root in it is root on the node",
                "Remove it; capabilities [ SYS_PTRACE ], devices and limits.memlock are what MPI needs.");
        }

        foreach (var finding in Rights(layer).Concat(Mounts(site, layer)).Concat(Variables(layer)))
        {
            yield return finding;
        }
    }

    private static IEnumerable<SiteFinding> Rights(EnvironmentLayer layer)
    {
        var powerful = layer.Capabilities?.Items.Where(item => item.Value is "ALL" or "SYS_ADMIN" or "SYS_MODULE" or "SYS_RAWIO");
        foreach (var capability in powerful ?? [])
        {
            yield return Warning(
                "PowerfulCapability", capability.Source, $"{layer.Layer}: capability {capability.Value} is as good as root on the node",
                "Add only what the software needs; SYS_PTRACE is enough for MPI's shared memory.");
        }

        if (layer.SecurityOptions is not { } options)
        {
            yield break;
        }

        var kept = options.Items.LastOrDefault(option => option.Value.StartsWith("no-new-privileges", StringComparison.Ordinal));
        if (kept is null ? options.Replaces : kept.Value.EndsWith("false", StringComparison.Ordinal))
        {
            yield return Warning(
                "NewPrivileges", (kept ?? new Setting<string>("", options.Source)).Source,
                $"{layer.Layer}: without no-new-privileges a setuid program of the image makes the job's user root in the container",
                "Keep no-new-privileges among the security options.");
        }
    }

    private static IEnumerable<SiteFinding> Mounts(HpcSite site, EnvironmentLayer layer)
    {
        foreach (var mount in layer.Mounts?.Items ?? [])
        {
            var source = mount.Value.Source;
            if (ExposedSocket(site.Nodes.EngineSocket, source) is { } exposed)
            {
                yield return Warning(
                    "EngineSocket", mount.Source,
                    $"{layer.Layer}: mount {source} brings the engine's socket {exposed} in: who reaches it is root on the node",
                    "Mount only the directories below it that the job needs.");
            }
        }
    }

    /// <summary>The socket of an engine that a mount brings into a container; null for none.</summary>
    /// <param name="engineSocket">The socket of the site's own engines.</param>
    /// <param name="source">What is mounted: a socket, or a directory above it.</param>
    internal static string? ExposedSocket(string engineSocket, string source)
    {
        string[] sockets = [engineSocket, .. KnownEngines.All.SelectMany(engine => engine.Sockets), .. OtherSockets];
        source = NodePath.Normal(source);
        var below = source.TrimEnd('/') + "/";

        // Of /var its run is a link, which leads to the container's own /run.
        return sockets.FirstOrDefault(socket => socket == source || (socket.StartsWith(below, StringComparison.Ordinal)
            && !(below == "/var/" && socket.StartsWith("/var/run/", StringComparison.Ordinal))));
    }

    private static IEnumerable<SiteFinding> Variables(EnvironmentLayer layer) =>
        from variable in layer.Variables
        where NodeAccessAudit.DisablesHostKeys(variable.Value.Value)
        select Warning(
            "HostKeysUnchecked", variable.Value.Source, $"{layer.Layer}: variable {variable.Key} turns the checking of host keys off",
            "Remove the option: each job has a known_hosts of its own, and its host keys are checked.");
}

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

/// <summary>The ports that a kernel hands out by itself to outgoing connections (ip_local_port_range, ip(7)).</summary>
/// <param name="First">The lowest.</param>
/// <param name="Last">The highest.</param>
public sealed record EphemeralPorts(int First, int Last)
{
    /// <summary>Where Linux says it.</summary>
    public const string KernelFile = "/proc/sys/net/ipv4/ip_local_port_range";

    /// <summary>This machine's range.</summary>
    /// <param name="file">The kernel's file.</param>
    /// <returns>The range; null on a machine without the file, which is not Linux.</returns>
    public static EphemeralPorts? Read(string file = KernelFile)
    {
        if (!File.Exists(file))
        {
            return null;
        }

        var numbers = File.ReadAllText(file).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return new EphemeralPorts(int.Parse(numbers[0], CultureInfo.InvariantCulture), int.Parse(numbers[1], CultureInfo.InvariantCulture));
    }
}
