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
