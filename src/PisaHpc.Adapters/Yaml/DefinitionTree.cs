using PisaHpc.Sites;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace PisaHpc.Adapters.Yaml;

/// <summary>
/// Makes a tree with positions from YAML text. YamlDotNet's own tree stops at the first duplicate key and keeps no merge keys, so this
/// one is built from the parser's events: duplicates are collected, anchors are shared, <c>&lt;&lt;</c> merges maps.
/// </summary>
internal sealed class DefinitionTree
{
    private const int MaximumDepth = 32;
    private const string ReplaceTag = "!replace";

    private readonly string _file;
    private readonly Scanner _scanner;
    private readonly Parser _parser;
    private readonly FindingList _findings;
    private readonly Dictionary<AnchorName, DefinitionNode> _anchors = [];

    private DefinitionTree(string file, TextReader text, FindingList findings)
    {
        (_file, _findings) = (file, findings);
        _scanner = new Scanner(text);
        _parser = new Parser(_scanner);
    }

    /// <summary>Reads a document.</summary>
    /// <param name="file">The file's name, for positions.</param>
    /// <param name="text">The YAML.</param>
    /// <param name="findings">Where errors go.</param>
    /// <returns>The root, an empty map for an empty document; null when the text is not YAML.</returns>
    public static DefinitionNode? Read(string file, string text, FindingList findings)
    {
        using var reader = new StringReader(text);
        var tree = new DefinitionTree(file, reader, findings);
        try
        {
            return tree.ReadDocument();
        }
        catch (InvalidOperationException)
        {
            // What the scanner throws, without a word, for an indicator such as - or ? that is no plain scalar within brackets.
            findings.Error(
                "Syntax", tree.PositionOf(tree._scanner.CurrentPosition), "This is not YAML: the character there cannot begin a value.",
                "Put the value in quotes.");
            return null;
        }
        catch (YamlException exception)
        {
            findings.Error(
                "Syntax", PlaceOf(exception, file, text), $"This is not YAML: {Quote.Words(exception.Message)}",
                "Correct the indentation (spaces, no tabs), the quotes or the brackets there.");
            return null;
        }
    }

    /// <summary>The place of a syntax error. For a tab YamlDotNet gives the map around it, which may begin pages above.</summary>
    private static SourcePosition PlaceOf(YamlException exception, string file, string text)
    {
        var tabbed = exception.Message.Contains("tab as indentation", StringComparison.Ordinal)
            ? Array.FindIndex(text.Split('\n'), line => line.TakeWhile(char.IsWhiteSpace).Contains('\t'))
            : -1;
        return tabbed >= 0
            ? new SourcePosition(file, tabbed + 1, text.Split('\n')[tabbed].IndexOf('\t', StringComparison.Ordinal) + 1)
            : new SourcePosition(file, Math.Max(1, (int)exception.Start.Line), Math.Max(1, (int)exception.Start.Column));
    }

    private DefinitionNode ReadDocument()
    {
        _parser.Consume<StreamStart>();
        if (!_parser.TryConsume<DocumentStart>(out _))
        {
            return new DefinitionNode { Kind = DefinitionNodeKind.Map, Position = new SourcePosition(_file, 1, 1) };
        }

        var root = ReadNode(0);
        _parser.Consume<DocumentEnd>();
        if (_parser.Accept<DocumentStart>(out var second))
        {
            _findings.Error("Syntax", PositionOf(second.Start), "A second document begins here.", "Keep one document in a file.");
        }

        return root.IsNull ? new DefinitionNode { Kind = DefinitionNodeKind.Map, Position = root.Position } : root;
    }

    private DefinitionNode ReadNode(int depth)
    {
        if (_parser.TryConsume<AnchorAlias>(out var alias))
        {
            // YAML lets an alias stand inside its own anchor; a site definition has no use for a thing that holds itself.
            return _anchors.TryGetValue(alias.Value, out var shared)
                ? shared
                : throw new YamlException(
                    alias.Start,
                    alias.End,
                    $"The alias *{Quote.Name(alias.Value.Value)} has no anchor before it, or stands inside its own.");
        }

        var start = _parser.Current as NodeEvent
            ?? throw new YamlException(_parser.Current!.Start, _parser.Current.End, "A value was expected.");
        if (depth > MaximumDepth)
        {
            throw new YamlException(start.Start, start.End, $"More than {MaximumDepth} levels.");
        }

        var node = start switch
        {
            Scalar => ReadScalar(),
            SequenceStart => ReadList(depth),
            _ => ReadMap(depth),
        };
        CheckTag(start, node);
        if (!start.Anchor.IsEmpty)
        {
            _anchors[start.Anchor] = node;
        }

        return node;
    }

    private DefinitionNode ReadScalar()
    {
        var scalar = _parser.Consume<Scalar>();
        return new DefinitionNode
        {
            Kind = DefinitionNodeKind.Scalar,
            Position = PositionOf(scalar.Start),
            Text = scalar.Value,
            IsPlain = scalar.Style == ScalarStyle.Plain,
        };
    }

    private DefinitionNode ReadList(int depth)
    {
        var start = _parser.Consume<SequenceStart>();
        var items = new List<DefinitionNode>();
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            items.Add(ReadNode(depth + 1));
        }

        return new DefinitionNode
        {
            Kind = DefinitionNodeKind.List,
            Position = PositionOf(start.Start),
            Replaces = start.Tag == ReplaceTag,
            Items = items,
        };
    }

    private DefinitionNode ReadMap(int depth)
    {
        var start = _parser.Consume<MappingStart>();
        var own = new OrderedDictionary<string, DefinitionEntry>();
        var merged = new List<DefinitionEntry>();
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            var key = ReadNode(depth + 1);
            var value = ReadNode(depth + 1);
            if (key.Kind != DefinitionNodeKind.Scalar)
            {
                _findings.Error("WrongType", key.Position, $"A key is {key.Describe()}.", "Write a word as the key.");
            }
            else if (key is { Text: "<<", IsPlain: true })
            {
                merged.AddRange(MergedEntries(value));
            }
            else if (!own.TryAdd(key.Text, new DefinitionEntry(key, value)))
            {
                _findings.Error(
                    "DuplicateKey", key.Position,
                    $"Key {Quote.Of(key.Text)} stands here twice; first on line {own[key.Text].Key.Position.Line}.",
                    "Keep one of the two.");
            }
        }

        foreach (var entry in merged)
        {
            own.TryAdd(entry.Key.Text, entry);
        }

        return new DefinitionNode { Kind = DefinitionNodeKind.Map, Position = PositionOf(start.Start), Entries = [.. own.Values] };
    }

    /// <summary>The entries that a merge key brings in: those of a map, or of a list of maps of which the first wins.</summary>
    private IEnumerable<DefinitionEntry> MergedEntries(DefinitionNode value)
    {
        foreach (var source in value.Kind == DefinitionNodeKind.List ? value.Items : [value])
        {
            if (source.Kind != DefinitionNodeKind.Map)
            {
                _findings.Error(
                    "WrongType", source.Position, $"'<<' merges maps, and this is {source.Describe()}.", "Write '<<: *anchor' of a map.");
            }

            foreach (var entry in source.Entries)
            {
                yield return entry;
            }
        }
    }

    private void CheckTag(NodeEvent start, DefinitionNode node)
    {
        if (start.Tag.IsEmpty || start.Tag.IsNonSpecific || (start.Tag == ReplaceTag && node.Kind == DefinitionNodeKind.List)
            || start.Tag.Value.StartsWith("tag:yaml.org,2002:", StringComparison.Ordinal))
        {
            return;
        }

        var message = start.Tag == ReplaceTag
            ? $"{ReplaceTag} is for lists, and this is {node.Describe()}."
            : $"The tag {Quote.Name(start.Tag.Value)} has no meaning here.";
        _findings.Error("UnknownTag", PositionOf(start.Start), message, $"Remove it; {ReplaceTag} before a list is the only tag.");
    }

    private SourcePosition PositionOf(Mark mark) => new(_file, (int)mark.Line, (int)mark.Column);
}
