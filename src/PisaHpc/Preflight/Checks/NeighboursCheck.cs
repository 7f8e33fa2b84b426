using System.Globalization;

namespace PisaHpc.Preflight.Checks;

/// <summary>
/// Whether the kernel's table of neighbours has room for all nodes of the site. Beyond gc_thresh3, 1024 by default, connections of large
/// jobs fail with "neighbour: arp_cache: neighbor table overflow!" (arp(7)). IPoIB and Ethernet neighbours count each.
/// </summary>
internal sealed class NeighboursCheck : INodeCheck
{
    public string Name => "Neighbours";

    public CheckFinding Examine(NodeEvidence evidence)
    {
        var nodes = evidence.Request.SiteNodes;
        var setting = evidence.Facts.Sysctl.GetValueOrDefault("net/ipv4/neigh/default/gc_thresh3");
        if (!int.TryParse(setting, NumberStyles.None, CultureInfo.InvariantCulture, out var most))
        {
            return CheckFinding.Skipped("the node does not tell its gc_thresh3; a network namespace has none");
        }

        var found = $"gc_thresh3 is {most}, the site has {Plural.Of(nodes, "node")}";
        return nodes < most
            ? CheckFinding.Passed(found)
            : CheckFinding.Warning(
                found, $"Set net.ipv4.neigh.default.gc_thresh3={4 * nodes}, gc_thresh2={2 * nodes} and gc_thresh1={nodes} on the node.");
    }
}
