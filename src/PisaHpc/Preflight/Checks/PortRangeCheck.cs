using System.Globalization;

namespace PisaHpc.Preflight.Checks;

/// <summary>
/// Whether the kernel leaves the port area's ports alone: those of ip_local_port_range it gives to outgoing connections, all but those of
/// ip_local_reserved_ports (ip(7); kernel Documentation/networking/ip-sysctl.rst).
/// </summary>
internal sealed class PortRangeCheck : INodeCheck
{
    public string Name => "PortRange";

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
