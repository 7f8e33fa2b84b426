using System.Text.Json.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.Adapters.Yaml;

/// <summary>Shapes of maps and lists.</summary>
internal static class CollectionShapes
{
    /// <summary>A map with known keys.</summary>
    /// <param name="start">What an empty map is read into.</param>
    /// <param name="reserved">Keys that the module sets itself, with the reason.</param>
    /// <param name="finish">Checks, and completes, what the keys make together; null when it is wrong.</param>
    public static Shape<T> Map<T>(
        T start,
        IReadOnlyList<DefinitionKey<T>> keys,
        IReadOnlyDictionary<string, string>? reserved = null,
        Func<T, DefinitionNode, string, SiteReading, T?>? finish = null)
        where T : class => new(
        (node, path, reading) =>
        {
            if (!IsMap(node, path, reading))
            {
                return null;
            }

            var value = start;
            foreach (var entry in node.Entries)
            {
                value = Apply(value, keys, reserved, entry, path, reading);
            }

            var missing = keys.Where(key => key.Required && !node.Entries.Any(entry => entry.Key.Text == key.Name)).ToList();
            foreach (var key in missing)
            {
                reading.Error("MissingKey", node, path, $"key '{key.Name}' is missing", $"Add '{key.Name}'.");
            }

            var whole = missing.Count == 0 && finish is not null ? finish(value, node, path, reading) : value;
            return whole is null ? null : ScalarShapes.Said(whole, node);
        },
        definitions => SchemaOf(keys, definitions));

    /// <summary>A map whose keys are names of the site's own.</summary>
    /// <param name="names">What a name may be.</param>
    /// <param name="values">What each value may be.</param>
    /// <param name="comparer">Which names are the same.</param>
    public static Shape<IReadOnlyDictionary<string, Setting<T>>> ByName<T>(
        Shape<string> names, Shape<T> values, StringComparer comparer) => new(
        (node, path, reading) =>
        {
            if (!IsMap(node, path, reading))
            {
                return null;
            }

            var read = new OrderedDictionary<string, Setting<T>>(comparer);
            foreach (var (key, value) in node.Entries)
            {
                var place = Below(path, key.Text);
                reading.Place(place, key.Position);
                var isName = names.Read(key, path, reading) is not null;
                if (values.Read(value, place, reading) is { } setting && isName && !read.TryAdd(key.Text, setting))
                {
                    reading.Error(
                        "DuplicateKey", key, path, $"{Quote.Of(key.Text)} differs from another name only in case", "Give it another name.");
                }
            }

            return ScalarShapes.Said<IReadOnlyDictionary<string, Setting<T>>>(read, node);
        },
        definitions => new JsonObject
        {
            ["type"] = new JsonArray("object", "null"),
            ["propertyNames"] = names.Schema(definitions),
            ["additionalProperties"] = values.Schema(definitions),
        });

    /// <summary>A list.</summary>
    /// <param name="items">What each item may be.</param>
    /// <param name="orOne">Whether a single item may stand there without brackets.</param>
    public static Shape<ListSetting<T>> List<T>(Shape<T> items, bool orOne = false) => new(
        (node, path, reading) =>
        {
            var isList = node.Kind == DefinitionNodeKind.List;
            if (!isList && !node.IsNull && !orOne)
            {
                reading.Error("WrongType", node, path, $"{node.Describe()} is not a list", "Write a list: [ one, two ].");
                return null;
            }

            var nodes = isList ? node.Items : node.IsNull ? [] : [node];
            var read = nodes.Select(item => items.Read(item, path, reading)).OfType<Setting<T>>().ToList();
            return ScalarShapes.Said(new ListSetting<T>(read, node.Replaces, node.Position), node);
        },
        definitions =>
        {
            var list = new JsonObject { ["type"] = new JsonArray("array", "null"), ["items"] = items.Schema(definitions) };
            return orOne ? new JsonObject { ["anyOf"] = new JsonArray(items.Schema(definitions), list) } : list;
        });

    /// <summary>A list's items.</summary>
    public static IReadOnlyList<T> Values<T>(Setting<ListSetting<T>> list) => [.. list.Value.Items.Select(item => item.Value)];

    /// <summary>The path of a key.</summary>
    public static string Below(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";

    private static T Apply<T>(
        T value,
        IReadOnlyList<DefinitionKey<T>> keys,
        IReadOnlyDictionary<string, string>? reserved,
        DefinitionEntry entry,
        string path,
        SiteReading reading)
    {
        var name = entry.Key.Text;
        if (keys.FirstOrDefault(key => key.Name == name) is { } known)
        {
            reading.Place(Below(path, name), entry.Key.Position);
            return known.Set(value, entry.Value, Below(path, name), reading);
        }

        if (reserved?.GetValueOrDefault(name) is { } reason)
        {
            reading.Error(
                "ReservedOption", entry.Key, path, $"{Quote.Of(name)} is not a site's to set: {reason}",
                "Leave it out: the module sets it.");
            return value;
        }

        var all = string.Join(", ", keys.Select(key => key.Name));
        var nearest = Spelling.Nearest(name, keys.Select(key => key.Name));
        reading.Error(
            "UnknownKey", entry.Key, path, $"unknown key {Quote.Of(name)}{(nearest is null ? "" : $"; did you mean {Quote.Of(nearest)}?")}",
            nearest is null ? $"The keys here are {all}." : $"Write '{nearest}'; the keys here are {all}.");
        return value;
    }

    private static bool IsMap(DefinitionNode node, string path, SiteReading reading)
    {
        if (node.Kind == DefinitionNodeKind.Map || node.IsNull)
        {
            return true;
        }

        reading.Error("WrongType", node, path, $"{node.Describe()} is not a map", "Write keys with values: { key: value }.");
        return false;
    }

    private static JsonObject SchemaOf<T>(IReadOnlyList<DefinitionKey<T>> keys, JsonObject definitions)
    {
        var properties = new JsonObject();
        foreach (var key in keys)
        {
            var schema = new JsonObject { ["description"] = key.Meaning };
            foreach (var (name, value) in key.Schema(definitions))
            {
                schema[name] = value?.DeepClone();
            }

            properties[key.Name] = schema;
        }

        var required = keys.Where(key => key.Required).Select(key => (JsonNode)key.Name).ToArray();
        var map = new JsonObject
        {
            ["type"] = required.Length == 0 ? new JsonArray("object", "null") : "object",
            ["properties"] = properties,
            ["additionalProperties"] = false,
        };
        if (required.Length > 0)
        {
            map["required"] = new JsonArray(required);
        }

        return map;
    }
}
