using System.Buffers.Binary;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PisaHpc.Engines.Docker;

/// <summary>
/// An engine's daemon.json (dockerd(8)). Keys that are not known here are kept as they are, in their order and with their values; only the
/// blanks between them may change when a key is set.
/// </summary>
internal sealed class DaemonConfiguration
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };
    private readonly JsonObject _root;
    private readonly string _node;
    private readonly string _file;
    private readonly int _indent;

    private DaemonConfiguration(JsonObject root, string node, string file, string? source) =>
        (_root, _node, _file, Source, _indent) = (root, node, file, source, IndentOf(source ?? ""));

    /// <summary>The text that was read; null for none.</summary>
    public string? Source { get; }

    /// <summary>Reads a configuration.</summary>
    /// <param name="node">The node that it is of.</param>
    /// <param name="file">Its path there.</param>
    /// <param name="content">The file; null for none.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.EngineConfigurationInvalid"/> with the place.</exception>
    public static DaemonConfiguration Parse(string node, string file, byte[]? content) =>
        Parse(node, file, content is null ? null : ConfigurationEncoding.TextOf(node, file, content));

    /// <summary>Reads a configuration.</summary>
    /// <param name="node">The node that it is of.</param>
    /// <param name="file">Its path there.</param>
    /// <param name="text">The file; null or blank for none, which the engine takes for an empty one.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.EngineConfigurationInvalid"/> with line and column.</exception>
    public static DaemonConfiguration Parse(string node, string file, string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return new DaemonConfiguration([], node, file, text);
        }

        try
        {
            return JsonNode.Parse(text, documentOptions: Strict) is JsonObject root
                ? new DaemonConfiguration(root, node, file, text)
                : throw Invalid(node, $"{file} on {node} holds no JSON object.");
        }
        catch (JsonException exception)
        {
            var place = exception.LineNumber is { } line ? $", line {line + 1}, column {exception.BytePositionInLine + 1}" : "";
            var words = exception.Message.Split(" LineNumber:")[0].Split(" Path:")[0];
            throw Invalid(node, $"{file} on {node}{place}: this is not JSON: {words}", exception);
        }
    }

    /// <summary>A copy that can be changed by itself.</summary>
    public DaemonConfiguration Copy() => new((JsonObject)_root.DeepClone(), _node, _file, Source);

    /// <summary>Whether a key stands there.</summary>
    public bool Has(params string[] path) => Find(path) is not null;

    /// <summary>A flag; null when the key does not stand there.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.EngineConfigurationInvalid"/>: the key holds something else.</exception>
    public bool? Flag(string key) => Find(key) is { } found ? Read(key, "true or false", found.GetValue<bool>) : null;

    /// <summary>A text; null when the key does not stand there.</summary>
    /// <exception cref="HpcException">As for <see cref="Flag"/>.</exception>
    public string? Text(string key) => Find(key) is { } found ? Read(key, "a text", found.GetValue<string>) : null;

    /// <summary>A list of texts; empty when the key does not stand there.</summary>
    /// <exception cref="HpcException">As for <see cref="Flag"/>.</exception>
    public IReadOnlyList<string> List(string key) => Find(key) is { } found
        ? Read<IReadOnlyList<string>>(key, "a list of texts", () => [.. found.AsArray().Select(TextOf)])
        : [];

    /// <summary>Sets a key of the root.</summary>
    public void Set(string key, JsonNode value) => _root[key] = value;

    /// <summary>Sets a key of a map below the root, which is made when it is not there.</summary>
    /// <exception cref="HpcException">As for <see cref="Flag"/>.</exception>
    public void Set(string map, string key, JsonNode value)
    {
        var entries = Find(map) is { } found ? Read(map, "a map", found.AsObject) : [];
        entries[key] = value;
        _root[map] ??= entries;
    }

    /// <summary>Sets a list of texts.</summary>
    public void SetList(string key, IEnumerable<string> values) => _root[key] = new JsonArray([.. values.Select(value => (JsonNode)value)]);

    /// <summary>Whether both say the same, whatever the blanks.</summary>
    public bool SaysTheSame(DaemonConfiguration other) => JsonNode.DeepEquals(_root, other._root);

    /// <summary>The keys of the root whose values differ.</summary>
    public IReadOnlyList<string> Differences(DaemonConfiguration other) =>
    [
        .. _root.Select(entry => entry.Key).Union(other._root.Select(entry => entry.Key))
            .Where(key => !JsonNode.DeepEquals(_root[key], other._root[key])),
    ];

    /// <summary>The file's text, with a line end.</summary>
    public string ToText() => _root.ToJsonString(new JsonSerializerOptions
    {
        WriteIndented = true,
        IndentSize = _indent,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    }) + "\n";

    private JsonNode? Find(params string[] path)
    {
        JsonNode? found = _root;
        foreach (var key in path)
        {
            found = (found as JsonObject)?[key];
        }

        return found;
    }

    private T Read<T>(string key, string expected, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException exception)
        {
            var value = Quote.Name(_root[key]?.ToJsonString() ?? "null");
            throw Invalid(_node, $"{_file} on {_node}: {Quote.Of(key)} is {value} and not {expected}.", exception);
        }
    }

    private static string TextOf(JsonNode? item) => item?.GetValue<string>() ?? throw new InvalidOperationException("An item is null.");

    /// <summary>How far the first indented line is in; the engine's own pages write two.</summary>
    private static int IndentOf(string text)
    {
        var line = text.Split('\n').FirstOrDefault(line => line.StartsWith(' ') && line.Trim().Length > 0);
        return line is null ? 2 : Math.Clamp(line.Length - line.TrimStart(' ').Length, 1, 8);
    }

    private static HpcException Invalid(string node, string message, Exception? cause = null) =>
        new(ErrorId.EngineConfigurationInvalid, message, node, innerException: cause);
}

/// <summary>
/// The text of an engine's configuration. JSON is UTF-8 (RFC 8259, 8.1); engines from 23.0 on also take what begins with a byte order mark,
/// UTF-16 among it, and older ones do not (moby, daemon/config.go: BOMOverride). Without a mark they put U+FFFD in the place of what is not
/// UTF-8, and say nothing: that is an error here, since the file would be written again without what stood there.
/// </summary>
internal static class ConfigurationEncoding
{
    private static readonly Encoding[] Marked =
    [
        new UTF8Encoding(encoderShouldEmitUTF8Identifier: true, throwOnInvalidBytes: true),
        new UnicodeEncoding(bigEndian: false, byteOrderMark: true, throwOnInvalidBytes: true),
        new UnicodeEncoding(bigEndian: true, byteOrderMark: true, throwOnInvalidBytes: true),
    ];

    private static readonly Encoding Unmarked = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a file as an engine does.</summary>
    /// <param name="node">The node that it is of.</param>
    /// <param name="file">Its path there.</param>
    /// <param name="content">What it holds.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.EngineConfigurationInvalid"/> with the encoding that it seems to be in.
    /// </exception>
    public static string TextOf(string node, string file, byte[] content)
    {
        var encoding = Array.Find(Marked, candidate => content.AsSpan().StartsWith(candidate.Preamble)) ?? Unmarked;
        var mark = encoding.Preamble.Length;
        if (WordsOfZeros(content.AsSpan(mark), encoding) is { } zeros)
        {
            throw Invalid(node, $"{file} on {node} is not UTF-8: {zeros}.", zeros.Split(' ')[^1]);
        }

        try
        {
            return encoding.GetString(content, mark, content.Length - mark);
        }
        catch (DecoderFallbackException exception)
        {
            var before = content.AsSpan(mark, Math.Clamp(exception.Index, 0, content.Length - mark));
            var line = encoding is UTF8Encoding ? $", line {before.Count((byte)'\n') + 1}" : "";
            var bytes = string.Join(' ', (exception.BytesUnknown ?? []).Select(value => $"0x{value:X2}"));
            throw Invalid(
                node,
                $"{file} on {node}{line}: {bytes} is not {encoding.WebName.ToUpperInvariant()}; it may be Latin-1.",
                "LATIN1",
                exception);
        }
    }

    /// <summary>JSON holds no NUL: where one stands the file is in wider characters than its mark, or no mark, says.</summary>
    private static string? WordsOfZeros(ReadOnlySpan<byte> content, Encoding encoding)
    {
        if (encoding is UnicodeEncoding)
        {
            return content.Length >= 2 && BinaryPrimitives.ReadUInt16LittleEndian(content) == 0 ? "it seems to be UTF-32" : null;
        }

        var zero = content.IndexOf((byte)0);
        return zero < 0 ? null : $"it seems to be, without a byte order mark, {(zero % 2 == 1 ? "UTF-16LE" : "UTF-16BE")}";
    }

    private static HpcException Invalid(string node, string message, string from, Exception? cause = null) => new(
        ErrorId.EngineConfigurationInvalid,
        message,
        node,
        $"Write the file again as UTF-8, the encoding of JSON (RFC 8259): iconv -f {from} -t UTF-8; nothing was changed.",
        cause);
}
