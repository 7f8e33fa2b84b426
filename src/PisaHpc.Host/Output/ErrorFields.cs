using System.Collections;
using System.Management.Automation;
using System.Text.Json.Nodes;

namespace PisaHpc.Host.Output;

/// <summary>What a reader of an error record needs: what failed, about what, and the next step.</summary>
internal sealed record ErrorFields
{
    /// <summary>
    /// The stable id: the part of FullyQualifiedErrorId before the comma; for a thrown text, which has none, the exception's type.
    /// </summary>
    public required string Id { get; init; }

    /// <summary>The command that wrote it; null when none did.</summary>
    public string? Command { get; init; }

    /// <summary>The category.</summary>
    public required string Category { get; init; }

    /// <summary>What it is about, in words; null when the record names nothing.</summary>
    public string? Target { get; init; }

    /// <summary>The node, where the target is an object that carries one.</summary>
    public string? Node { get; init; }

    /// <summary>What failed.</summary>
    public required string Message { get; init; }

    /// <summary>The next step; null when the record names none.</summary>
    public string? RecommendedAction { get; init; }

    /// <summary>The nodes that are the reason; empty where the failure names none.</summary>
    public IReadOnlyList<FailedNode> FailedNodes { get; init; } = [];

    /// <summary>The nodes on which something is left.</summary>
    public IReadOnlyList<FailedNode> LeftBehind { get; init; } = [];

    /// <summary>The script and line; null for text that was never a file.</summary>
    public string? Place { get; init; }

    /// <summary>Reads a record.</summary>
    public static ErrorFields Of(ErrorRecord error) => new()
    {
        Id = error.FullyQualifiedErrorId == error.Exception.Message
            ? error.Exception.GetType().Name
            : error.FullyQualifiedErrorId.Split(',')[0],
        Command = error.InvocationInfo?.MyCommand?.Name is { Length: > 0 } name ? name : null,
        Category = error.CategoryInfo.Category.ToString(),
        Target = error.TargetObject?.ToString() is { Length: > 0 } target ? target : null,
        Node = NodeOf(error.TargetObject),
        Message = error.ErrorDetails?.Message is { Length: > 0 } detail ? detail : error.Exception.Message,
        RecommendedAction = error.ErrorDetails?.RecommendedAction is { Length: > 0 } action ? action : null,
        FailedNodes = NodesIn(error.Exception, "FailedNodes"),
        LeftBehind = NodesIn(error.Exception, "LeftBehind"),
        Place = error.InvocationInfo is { ScriptName.Length: > 0 } place ? $"{place.ScriptName}:{place.ScriptLineNumber}" : null,
    };

    /// <summary>The error as a JSON object; a field without a value is left out.</summary>
    public JsonObject ToJson()
    {
        var json = new JsonObject
        {
            ["id"] = Id,
            ["category"] = Category,
            ["message"] = Message,
        };
        Add(json, "target", Target);
        Add(json, "node", Node);
        Add(json, "recommendedAction", RecommendedAction);
        Add(json, "failedNodes", FailedNodes);
        Add(json, "leftBehind", LeftBehind);
        Add(json, "command", Command);
        Add(json, "place", Place);
        return json;
    }

    /// <summary>The error as lines for a person: the message, then what is known, indented.</summary>
    public IEnumerable<string> ToLines()
    {
        yield return $"error: {Message}";
        var command = Command is null ? "" : $" ({Command})";
        var about = Target is null || Target == Message ? "" : $", about {Shortened(Target)}";
        yield return $"  id: {Id}{command}{about}";
        if (RecommendedAction is not null)
        {
            yield return $"  next: {RecommendedAction}";
        }

        if (Place is not null)
        {
            yield return $"  at: {Place}";
        }
    }

    private static void Add(JsonObject json, string name, string? value)
    {
        if (value is not null)
        {
            json[name] = value;
        }
    }

    private static void Add(JsonObject json, string name, IReadOnlyList<FailedNode> nodes)
    {
        if (nodes.Count > 0)
        {
            json[name] = new JsonArray([.. nodes.Select(failed => failed.ToJson())]);
        }
    }

    /// <summary>The host knows no type of the module's: a list of nodes is known by its name.</summary>
    private static IReadOnlyList<FailedNode> NodesIn(Exception exception, string list) =>
        PSObject.AsPSObject(exception).Properties[list]?.Value is IEnumerable nodes
            ? [.. nodes.Cast<object>().Select(FailedNode.Of)]
            : [];

    private static string? NodeOf(object? target) =>
        target is null or string ? null : PSObject.AsPSObject(target).Properties["Node"]?.Value as string;

    private static string Shortened(string text)
    {
        var line = text.ReplaceLineEndings(" ");
        return line.Length <= 200 ? line : line[..200] + "…";
    }
}

/// <summary>A node in an error, and what failed on it.</summary>
/// <param name="Node">The node.</param>
/// <param name="Id">The failure's stable id.</param>
/// <param name="Message">The failure's message.</param>
internal sealed record FailedNode(string Node, string Id, string Message)
{
    /// <summary>Reads an object that has the three as properties.</summary>
    public static FailedNode Of(object failure)
    {
        var properties = PSObject.AsPSObject(failure).Properties;
        return new FailedNode(TextOf("Node"), TextOf("Id"), TextOf("Message"));

        string TextOf(string name) => properties[name]?.Value?.ToString() ?? "";
    }

    /// <summary>The node as a JSON object.</summary>
    public JsonObject ToJson() => new() { ["node"] = Node, ["id"] = Id, ["message"] = Message };
}
