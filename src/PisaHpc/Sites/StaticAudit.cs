using System.Globalization;
using PisaHpc.HostLists;

namespace PisaHpc.Sites;

/// <summary>What an admin should know of the static environments of a definition.</summary>
internal static class StaticAudit
{
    /// <summary>Looks them over.</summary>
    /// <param name="ephemeral">The ports that the kernel hands out by itself; null when not known.</param>
    public static IEnumerable<SiteFinding> Examine(HpcSite site, EphemeralPorts? ephemeral) =>
        Collisions(site).Concat(site.Static.Values.SelectMany(definition => PortOf(site, definition, ephemeral)))
            .Concat(UnknownNodes(site)).Concat(OpenLogins(site));

    /// <summary>The static environment that is declared before another one on the same port of a node; null where none is.</summary>
    internal static StaticDefinition? Before(HpcSite site, StaticDefinition definition, string node) =>
        site.Static.Values.TakeWhile(other => other.Name != definition.Name)
            .FirstOrDefault(other => other.Port == definition.Port && other.NodeNames().Contains(node));

    private static IEnumerable<SiteFinding> Collisions(HpcSite site)
    {
        var taken = new Dictionary<(string Node, int Port), StaticDefinition>();
        foreach (var definition in site.Static.Values)
        {
            var second = definition.NodeNames().Where(node => !taken.TryAdd((node, definition.Port), definition))
                .GroupBy(node => taken[(node, definition.Port)]);
            foreach (var nodes in second)
            {
                yield return Error(
                    "StaticPortTaken", definition.PositionIn(site, "port"),
                    $"static.{definition.Name}: port {Number(definition.Port)} is that of static environment {nodes.Key.Name} on "
                    + $"{HostList.Fold(nodes)}",
                    "Give each static environment of a node a port of its own.");
            }
        }
    }

    private static IEnumerable<SiteFinding> PortOf(HpcSite site, StaticDefinition definition, EphemeralPorts? ephemeral)
    {
        var (port, position) = (definition.Port, definition.PositionIn(site, "port"));
        if (port == site.Nodes.Port)
        {
            yield return Error(
                "StaticPortTaken", position, $"static.{definition.Name}: port {Number(port)} is that of the nodes' own sshd",
                "Choose another port, such as 2201.");
        }

        if (site.PortArea is { } area && port >= area.First && port <= area.Last)
        {
            yield return SiteAudit.Warning(
                "StaticPortInArea", position,
                $"static.{definition.Name}: port {Number(port)} is in the port area, {area.First} to {area.Last}, and a job may lease it",
                "Choose a port outside the port area.");
        }

        if (ephemeral is not null && port >= ephemeral.First && port <= ephemeral.Last)
        {
            yield return SiteAudit.Warning(
                "EphemeralPorts", position,
                $"static.{definition.Name}: port {Number(port)} is among {ephemeral.First} to {ephemeral.Last}, which the kernel gives to "
                + "outgoing connections",
                $"Choose a port outside the range of {EphemeralPorts.KernelFile}, or any connection may take it.");
        }
    }

    private static IEnumerable<SiteFinding> UnknownNodes(HpcSite site)
    {
        var known = HostList.Expand(site.Nodes.Names).ToHashSet(StringComparer.Ordinal);
        return from definition in site.Static.Values
               let unknown = definition.NodeNames().Where(node => !known.Contains(node)).ToList()
               where known.Count > 0 && unknown.Count > 0
               select SiteAudit.Warning(
                   "StaticNodeUnknown", definition.PositionIn(site, "nodes"),
                   $"static.{definition.Name}: {HostList.Fold(unknown)} {(unknown.Count == 1 ? "is" : "are")} not among nodes.names",
                   "Correct the list, or add the nodes to nodes.names.");
    }

    /// <summary>The node's own sshd may let in whom its PAM does (pam_access(8), pam_slurm_adopt): this one asks no PAM.</summary>
    private static IEnumerable<SiteFinding> OpenLogins(HpcSite site) =>
        from definition in site.Static.Values
        where definition.Logins is { Groups.Count: 0, Users.Count: 0 }
        select SiteAudit.Warning(
            "StaticLoginsOpen", definition.PositionIn(site, "logins") ?? definition.PositionIn(site),
            $"static.{definition.Name}: neither groups nor users are named, so that every account but root may log in, whatever the nodes' "
            + "PAM says (pam_access, pam_slurm_adopt, nologin)",
            "Name those who may: logins: { groups: [ hpc ] }.");

    private static SiteFinding Error(string rule, SourcePosition? position, string message, string remedy) =>
        SiteAudit.Warning(rule, position, message, remedy) with { Severity = nameof(FindingSeverity.Error) };

    private static string Number(int port) => port.ToString(CultureInfo.InvariantCulture);
}
