using System.Globalization;
using PisaHpc.Posix;

namespace PisaHpc.Ports;

/// <summary>
/// TCP ports that something listens on: by the kernel's own answer on this host, and by its tables <c>/proc/net/tcp</c> and
/// <c>/proc/net/tcp6</c> (proc(5)) where it has none, and on nodes.
/// </summary>
public static class ListeningPorts
{
    /// <summary>The state LISTEN in the tables' <c>st</c> column (include/net/tcp_states.h).</summary>
    private const string Listen = "0A";

    private static readonly string[] Tables = ["/proc/net/tcp", "/proc/net/tcp6"];

    /// <summary>The ports that something listens on, on this host and in this network namespace.</summary>
    public static IReadOnlySet<int> Local() => ListeningSockets.Ports() ?? OfTables();

    /// <summary>The same by the tables.</summary>
    internal static IReadOnlySet<int> OfTables() =>
        Tables.Where(File.Exists).SelectMany(table => Parse(File.ReadAllText(table))).ToHashSet();

    /// <summary>Reads the tables' text, of one or of several one after the other.</summary>
    /// <param name="text">The content of <c>/proc/net/tcp</c> and <c>/proc/net/tcp6</c>, from whichever node.</param>
    public static IReadOnlySet<int> Parse(string text)
    {
        var ports = new HashSet<int>();
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (PortOf(line) is { } port)
            {
                ports.Add(port);
            }
        }

        return ports;
    }

    /// <summary>The port of a line such as <c>0: 00000000:0016 00000000:0000 0A …</c>; null for a connection and for a heading.</summary>
    private static int? PortOf(ReadOnlySpan<char> line)
    {
        Span<Range> columns = stackalloc Range[5];
        if (line.Split(columns, ' ', StringSplitOptions.RemoveEmptyEntries) < 5 || !line[columns[3]].SequenceEqual(Listen))
        {
            return null;
        }

        var address = line[columns[1]];
        var port = address[(address.LastIndexOf(':') + 1)..];
        return int.TryParse(port, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}
