using System.Text.Json.Nodes;
using PisaHpc.Sites;
using FileKey = PisaHpc.Adapters.Yaml.DefinitionKeys<PisaHpc.Sites.DeviceFile>;

namespace PisaHpc.Adapters.Yaml;

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
