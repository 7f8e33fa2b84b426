using PisaHpc.Sites;

namespace PisaHpc.Adapters.Yaml;

/// <summary>What a node of a definition is.</summary>
internal enum DefinitionNodeKind
{
    /// <summary>A single value.</summary>
    Scalar,

    /// <summary>A list.</summary>
    List,

    /// <summary>Keys with values.</summary>
    Map,
}

/// <summary>A key of a map with its value.</summary>
/// <param name="Key">The key, a scalar.</param>
/// <param name="Value">The value.</param>
internal sealed record DefinitionEntry(DefinitionNode Key, DefinitionNode Value);

/// <summary>A node of a definition with its place.</summary>
internal sealed record DefinitionNode
{
    public required DefinitionNodeKind Kind { get; init; }

    public required SourcePosition Position { get; init; }

    /// <summary>A scalar's text.</summary>
    public string Text { get; init; } = "";

    /// <summary>Whether a scalar stands there without quotes, so that it may be a number, a flag or nothing at all.</summary>
    public bool IsPlain { get; init; }

    /// <summary>Whether the list is tagged <c>!replace</c>.</summary>
    public bool Replaces { get; init; }

    /// <summary>A list's items.</summary>
    public IReadOnlyList<DefinitionNode> Items { get; init; } = [];

    /// <summary>A map's entries in their order, each key once.</summary>
    public IReadOnlyList<DefinitionEntry> Entries { get; init; } = [];

    /// <summary>Whether it is YAML's null: a key without a value, or a plain <c>~</c> or <c>null</c> (YAML 1.2, 10.2.1.1).</summary>
    public bool IsNull => Kind == DefinitionNodeKind.Scalar && IsPlain && Text is "" or "~" or "null" or "Null" or "NULL";

    /// <summary>The node in words, for messages.</summary>
    public string Describe() => Kind switch
    {
        DefinitionNodeKind.List => "a list",
        DefinitionNodeKind.Map => "a map",
        _ => IsNull ? "nothing" : Quote.Of(Text),
    };
}
