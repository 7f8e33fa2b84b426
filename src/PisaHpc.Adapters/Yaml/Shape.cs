using System.Text.Json.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.Adapters.Yaml;

/// <summary>What a value of the definition may be: how it is read, and what the JSON Schema says of it.</summary>
/// <typeparam name="T">What it is read into.</typeparam>
/// <param name="Read">Reads the node at a path; null when it is wrong, which the findings then say.</param>
/// <param name="Schema">Makes its JSON Schema; what has a name goes into the definitions.</param>
internal sealed record Shape<T>(
    Func<DefinitionNode, string, SiteReading, Setting<T>?> Read,
    Func<JsonObject, JsonObject> Schema)
{
    /// <summary>The shape with a name in the JSON Schema's definitions, for one that is used more than once.</summary>
    public Shape<T> Named(string name) => this with
    {
        Schema = definitions =>
        {
            if (!definitions.ContainsKey(name))
            {
                definitions[name] = Schema(definitions);
            }

            return new JsonObject { ["$ref"] = $"#/$defs/{name}" };
        },
    };
}

/// <summary>A key of a map: what it means, what its value may be, and what it sets.</summary>
/// <param name="Name">The key.</param>
/// <param name="Meaning">What it means, for the JSON Schema.</param>
/// <param name="Schema">Makes its value's JSON Schema.</param>
/// <param name="Set">Reads the value at a path and sets it.</param>
/// <param name="Required">Whether the map must have it.</param>
internal sealed record DefinitionKey<T>(
    string Name,
    string Meaning,
    Func<JsonObject, JsonObject> Schema,
    Func<T, DefinitionNode, string, SiteReading, T> Set,
    bool Required);

/// <summary>Makes the keys of one kind of map.</summary>
/// <typeparam name="T">What the map is read into.</typeparam>
internal static class DefinitionKeys<T>
{
    /// <summary>A key.</summary>
    /// <param name="shape">What its value may be.</param>
    /// <param name="set">What the value sets.</param>
    /// <param name="meaning">What it means, for the JSON Schema.</param>
    /// <param name="required">Whether the map must have it.</param>
    public static DefinitionKey<T> Of<TValue>(
        string name, Shape<TValue> shape, Func<T, Setting<TValue>, T> set, string meaning, bool required = false) => new(
        name,
        meaning,
        shape.Schema,
        (target, node, path, reading) => shape.Read(node, path, reading) is { } setting ? set(target, setting) : target,
        required);
}
