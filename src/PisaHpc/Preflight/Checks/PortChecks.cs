using System.Globalization;
using PisaHpc.Sites;

namespace PisaHpc.Preflight.Checks;

/// <summary>
/// Whether the port area is there, where every node that starts or stops a job needs it: its directory, its first and its last port; on a
/// file system that has hard links, by which ports are held. Those that have none are known by name: nothing is tried in the area.
/// </summary>
internal sealed class PortAreaCheck : INodeCheck
{
    /// <summary>FAT and exFAT as statfs(2) and stat -f name them; of FUSE and 9p only a try tells.</summary>
    private static readonly string[] WithoutLinks = ["msdos", "vfat", "fat", "exfat"];

    public string Name => "PortArea";

    public string About => "the port area's directory, first and last port are there, not on FAT, which has no hard links";

    public EvidenceKinds Needs => EvidenceKinds.Paths;

    /// <summary>The paths that have to be there.</summary>
    public static IReadOnlyList<string> PathsOf(HpcSite site) =>
        site.PortArea is { } area ? [area.Path, PortOf(area, area.First), PortOf(area, area.Last)] : [];

    private static string PortOf(PortAreaDefinition area, int port) => string.Create(CultureInfo.InvariantCulture, $"{area.Path}/{port}");

    public CheckFinding Examine(NodeEvidence evidence)
    {
        if (evidence.Request.Site.PortArea is not { } area)
        {
            return CheckFinding.Skipped("the site has no port area");
        }

        var paths = PathsOf(evidence.Request.Site);
        var silent = paths.FirstOrDefault(evidence.Paths.Silent.Contains);
        var missing = paths.FirstOrDefault(evidence.Paths.Missing.Contains);
        return silent is not null
            ? CheckFinding.Failed(
                $"no answer within {PathProbe.Patience.TotalSeconds:0} s from {silent}", PathProbe.SilenceRemedy)
            : missing is not null
                ? CheckFinding.Failed(
                    $"there is no {missing}", "Mount the shared file system on the node; or make the area: Initialize-HpcNode.")
                : evidence.Paths.FileSystems.GetValueOrDefault(area.Path) is { } type && WithoutLinks.Contains(type)
                    ? CheckFinding.Failed($"{area.Path} is on {type}, which has no hard links", Ports.PortArea.PlaceRemedy)
                    : CheckFinding.Passed($"{area.Path}, {area.First} to {area.Last}");
    }
}

/// <summary>
/// Whether the kernel leaves the port area's ports alone: those of ip_local_port_range it gives to outgoing connections, all but those of
/// ip_local_reserved_ports (ip(7); kernel Documentation/networking/ip-sysctl.rst).
/// </summary>
internal sealed class PortRangeCheck : INodeCheck
{
    public string Name => "PortRange";

    public string About => "the kernel gives none of the area's ports to outgoing connections";

    public CheckFinding Examine(NodeEvidence evidence)
    {
        if (evidence.Request.Site.PortArea is not { } area)
        {
            return CheckFinding.Skipped("the site has no port area");
        }

        if (Numbers(evidence.Facts.Sysctl.GetValueOrDefault("net/ipv4/ip_local_port_range", "").Split(' ')) is not [var first, var last])
        {
            return CheckFinding.Skipped("the node does not tell its ip_local_port_range");
        }

        var setting = evidence.Facts.Sysctl.GetValueOrDefault("net/ipv4/ip_local_reserved_ports", "");
        var reserved = Ranges(setting);
        var open = Enumerable.Range(Math.Max(first, area.First), Math.Max(0, Math.Min(last, area.Last) - Math.Max(first, area.First) + 1))
            .Count(port => !reserved.Exists(range => port >= range.First && port <= range.Last));
        var found = $"ip_local_port_range {first} to {last}, port area {area.First} to {area.Last}";
        return open == 0
            ? CheckFinding.Passed(found)
            : CheckFinding.Warning(
                $"{found}: {Plural.Of(open, "port")} {(open == 1 ? "is" : "are")} in both, and any outgoing connection may take them",
                $"Set net.ipv4.ip_local_reserved_ports={(setting.Length > 0 ? setting + "," : "")}{area.First}-{area.Last} on the node, "
                + "or choose other ports for the area.");
    }

    private static List<(int First, int Last)> Ranges(string text) =>
    [
        .. from part in text.Split(',', StringSplitOptions.RemoveEmptyEntries)
           let ends = Numbers(part.Split('-'))
           where ends.Count > 0
           select (ends[0], ends[^1]),
    ];

    private static List<int> Numbers(IEnumerable<string> fields) =>
    [
        .. from field in fields
           where field.Length > 0 && field.All(char.IsAsciiDigit)
           select int.Parse(field, CultureInfo.InvariantCulture),
    ];
}
