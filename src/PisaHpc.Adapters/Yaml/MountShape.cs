using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using PisaHpc.Sites;
using static PisaHpc.Adapters.Yaml.CollectionShapes;
using FileKey = PisaHpc.Adapters.Yaml.DefinitionKeys<PisaHpc.Sites.DeviceFile>;
using MountKey = PisaHpc.Adapters.Yaml.DefinitionKeys<PisaHpc.Sites.MountDefinition>;

namespace PisaHpc.Adapters.Yaml;

/// <summary>A mount: <c>/a</c>, <c>/a:/b</c>, <c>/a:/b:ro</c> as the engine's command line has it, or a map.</summary>
internal static class MountShape
{
    private const string Option = "(ro|rw|r?private|r?shared|r?slave)";
    private const string Pattern = $"^/[^\\u0000:]*(:/[^\\u0000:]*(:{Option}(,{Option})*)?)?$";

    private static readonly Shape<string> Propagations = ScalarShapes.Word(
        [.. new[] { "private", "rprivate", "shared", "rshared", "slave", "rslave" }.Select(word => (word, word))]);

    private static readonly Shape<string> Short =
        ScalarShapes.Text("a mount: /source, /source:/target or /source:/target:ro", Pattern, StaysBelow);

    private static readonly Shape<MountDefinition> Long = Map(
        new MountDefinition { Source = "", Target = "" },
        [
            MountKey.Of(
                "source", SiteShapes.AbsolutePath, (mount, path) => mount with { Source = path.Value },
                "The absolute path on the node.", required: true),
            MountKey.Of(
                "target", SiteShapes.AbsolutePath, (mount, path) => mount with { Target = path.Value },
                "The absolute path in the container; the source's when left out."),
            MountKey.Of(
                "readOnly", ScalarShapes.Flag, (mount, flag) => mount with { ReadOnly = flag.Value },
                "Whether the container may not write to it."),
            MountKey.Of(
                "optional", ScalarShapes.Flag, (mount, flag) => mount with { Optional = flag.Value },
                "Whether a node that lacks the source goes without, instead of failing."),
            MountKey.Of(
                "propagation", Propagations, (mount, word) => mount with { Propagation = word.Value },
                "The mount propagation, mount_namespaces(7); rslave for what the node mounts on demand."),
        ],
        finish: (mount, node, path, reading) =>
            Checked(mount.Target.Length == 0 ? mount with { Target = mount.Source } : mount, node, path, reading));

    /// <summary>The shape.</summary>
    public static Shape<MountDefinition> Mount { get; } = new Shape<MountDefinition>(
        Read,
        definitions => new JsonObject { ["anyOf"] = new JsonArray(Short.Schema(definitions), Long.Schema(definitions)) }).Named("mount");

    private static Setting<MountDefinition>? Read(DefinitionNode node, string path, SiteReading reading)
    {
        if (node.Kind == DefinitionNodeKind.Map)
        {
            return Long.Read(node, path, reading);
        }

        return Short.Read(node, path, reading) is { } text && Checked(Parse(text.Value), node, path, reading) is { } mount
            ? ScalarShapes.Said(mount, node)
            : null;
    }

    /// <summary>Reads a mount in one word, as a parameter has it; null for what is none, or has / as its target.</summary>
    public static MountDefinition? TryParse(string text) =>
        !text.EndsWith('\n') && Regex.IsMatch(text, Pattern, RegexOptions.CultureInvariant) && StaysBelow(text) ? Whole(Parse(text)) : null;

    private static bool StaysBelow(string text) => !text.Split('/', ':').Contains("..");

    private static MountDefinition Parse(string text)
    {
        var parts = text.Split(':');
        var options = parts.Length > 2 ? parts[2].Split(',') : [];
        return new MountDefinition
        {
            Source = parts[0],
            Target = parts.Length > 1 ? parts[1] : parts[0],
            ReadOnly = options.Contains("ro"),
            Propagation = options.LastOrDefault(option => option is not ("ro" or "rw")),
        };
    }

    private static MountDefinition? Checked(MountDefinition mount, DefinitionNode node, string path, SiteReading reading)
    {
        if (Whole(mount) is { } whole)
        {
            return whole;
        }

        reading.Error("BadValue", node, path, "the target / would hide the whole image", "Name a directory below it as the target.");
        return null;
    }

    /// <summary>
    /// The mount without slashes at its paths' ends, by which layers would not know the same target again; null for the target /.
    /// </summary>
    private static MountDefinition? Whole(MountDefinition mount) => mount.Target.Trim('/').Length == 0 && mount.Source.Length > 0
        ? null
        : mount with { Source = Trimmed(mount.Source), Target = Trimmed(mount.Target) };

    private static string Trimmed(string path) => path.Length > 1 ? path.TrimEnd('/') : path;
}

/// <summary>A device file: its path, or a map.</summary>
internal static class DeviceFileShape
{
    private static readonly Shape<string> Path = ScalarShapes.Text(
        "a path below /dev", "^/dev/[^\\u0000:]*[^\\u0000:/]$", path => !path.Split('/').Contains(".."));

    private static readonly Shape<DeviceFile> Long = CollectionShapes.Map(
        new DeviceFile { Path = "" },
        [
            FileKey.Of("path", Path, (file, path) => file with { Path = path.Value }, "The path below /dev.", required: true),
            FileKey.Of(
                "optional", ScalarShapes.Flag, (file, flag) => file with { Optional = flag.Value },
                "Whether a node that lacks it goes without, instead of failing."),
        ]);

    /// <summary>The shape.</summary>
    public static Shape<DeviceFile> File { get; } = new Shape<DeviceFile>(
        (node, path, reading) => node.Kind == DefinitionNodeKind.Map
            ? Long.Read(node, path, reading)
            : Path.Read(node, path, reading) is { } text ? ScalarShapes.Said(new DeviceFile { Path = text.Value }, node) : null,
        definitions => new JsonObject { ["anyOf"] = new JsonArray(Path.Schema(definitions), Long.Schema(definitions)) })
        .Named("deviceFile");
}
