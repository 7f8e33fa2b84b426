using System.Net;
using PisaHpc.Ports;
using PisaHpc.Sites;
using static PisaHpc.Adapters.Yaml.CollectionShapes;
using static PisaHpc.Adapters.Yaml.ScalarShapes;
using PortAreaKey = PisaHpc.Adapters.Yaml.DefinitionKeys<PisaHpc.Sites.PortAreaDefinition>;
using RecordsKey = PisaHpc.Adapters.Yaml.DefinitionKeys<PisaHpc.Sites.RecordsDefinition>;

namespace PisaHpc.Adapters.Yaml;

/// <summary>The keys of the directories that all nodes of a site share.</summary>
internal static class SharedDirectories
{
    private const int FirstUnprivilegedPort = 1024;

    /// <summary>The port area.</summary>
    public static Shape<PortAreaDefinition> PortArea { get; } = Map(
        new PortAreaDefinition("", 0, 0, PortRequest.DefaultTimeToLive),
        [
            PortAreaKey.Of(
                "path", SiteShapes.AbsolutePath, (area, path) => area with { Path = path.Value },
                "The directory that all nodes share, with one file for each port.", required: true),
            PortAreaKey.Of(
                "first", Count("a port", FirstUnprivilegedPort, IPEndPoint.MaxPort), (area, port) => area with { First = port.Value },
                "The lowest port. A job's sshd is not root, so it is 1024 at least; stay outside the kernel's own "
                + "range, ip_local_port_range.", required: true),
            PortAreaKey.Of(
                "last", Count("a port", FirstUnprivilegedPort, IPEndPoint.MaxPort), (area, port) => area with { Last = port.Value },
                "The highest port.", required: true),
            PortAreaKey.Of(
                "timeToLive", Time, (area, time) => area with { TimeToLive = time.Value },
                "How long a lease holds unless a job asks for another time; 7d when left out."),
        ],
        finish: CheckPortRange);

    /// <summary>The records of ended jobs.</summary>
    public static Shape<RecordsDefinition> Records { get; } = Map(
        new RecordsDefinition("", RecordsDefinition.DefaultKeep),
        [
            RecordsKey.Of(
                "directory", SiteShapes.AbsolutePath, (records, path) => records with { Directory = path.Value },
                "The directory that all nodes share, which root alone writes to.", required: true),
            RecordsKey.Of(
                "keep", Time, (records, time) => records with { Keep = time.Value },
                "How long a record is kept after its job's end; 30d when left out."),
        ]);

    private static PortAreaDefinition? CheckPortRange(PortAreaDefinition area, DefinitionNode node, string path, SiteReading reading)
    {
        if (area.First <= area.Last || area.Last == 0)
        {
            return area;
        }

        reading.Error("BadValue", node, path, $"first ({area.First}) is above last ({area.Last})", "Write the lower port as 'first'.");
        return null;
    }
}
