using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using PisaHpc.Engines;
using PisaHpc.Sites;

namespace PisaHpc.Adapters.Yaml;

/// <summary>Shapes of single values.</summary>
internal static class ScalarShapes
{
    /// <summary>A flag.</summary>
    public static Shape<bool> Flag { get; } = Scalar(
        "true or false",
        node => !node.IsPlain ? null : node.Text switch
        {
            "true" or "True" or "TRUE" => Said(true, node),
            "false" or "False" or "FALSE" => Said(false, node),
            _ => null,
        },
        () => new JsonObject { ["type"] = "boolean" });

    /// <summary>A length of time.</summary>
    public static Shape<TimeSpan> Time { get; } = Scalar(
        "a length of time with its unit, such as 60s, 5m, 1h30m or 7d",
        node => Duration.TryParse(node.Text, out var duration) ? Said(duration, node) : null,
        () => new JsonObject
        {
            ["type"] = "string",
            ["pattern"] = "^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$",
            ["minLength"] = 2,
        }).Named("duration");

    /// <summary>Text of a certain form.</summary>
    /// <param name="expected">The form in words.</param>
    /// <param name="pattern">A regular expression that JSON Schema's dialect reads too.</param>
    /// <param name="isRight">What the pattern cannot say.</param>
    public static Shape<string> Text(string expected, string pattern, Func<string, bool>? isRight = null)
    {
        var form = new Regex(pattern, RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));
        return Scalar(
            expected,
            node => !node.Text.EndsWith('\n') && form.IsMatch(node.Text) && isRight?.Invoke(node.Text) != false
                ? Said(node.Text, node)
                : null,
            () => new JsonObject { ["type"] = "string", ["pattern"] = pattern });
    }

    /// <summary>One of some words.</summary>
    /// <param name="words">The words and what they mean.</param>
    public static Shape<T> Word<T>(params (string Word, T Value)[] words) => new(
        (node, path, reading) =>
        {
            var known = words.Select(word => word.Word).ToList();
            var at = node.Kind == DefinitionNodeKind.Scalar ? known.IndexOf(node.Text) : -1;
            if (at >= 0)
            {
                return Said(words[at].Value, node);
            }

            var nearest = node.Kind == DefinitionNodeKind.Scalar ? Spelling.Nearest(node.Text, known) : null;
            var meant = nearest is null ? "" : $"; did you mean {Quote.Of(nearest)}?";
            reading.Error(
                "BadValue", node, path, $"{node.Describe()} is not one of {string.Join(", ", known)}{meant}",
                $"Write {string.Join(" or ", known)}.");
            return null;
        },
        _ => new JsonObject { ["enum"] = new JsonArray([.. words.Select(word => (JsonNode)word.Word)]) });

    /// <summary>A whole number.</summary>
    /// <param name="expected">What it counts.</param>
    /// <param name="least">The least.</param>
    /// <param name="most">The greatest.</param>
    public static Shape<int> Count(string expected, int least, int most) => Scalar(
        $"{expected} from {least} to {most}",
        node => IsNumber(node, out var number) && number >= least && number <= most ? Said(number, node) : null,
        () => new JsonObject { ["type"] = "integer", ["minimum"] = least, ["maximum"] = most });

    /// <summary>A size, or a word in its place.</summary>
    /// <param name="words">The words and what they mean.</param>
    public static Shape<long?> Size(params (string Word, long? Value)[] words) => Scalar(
        string.Join(" or ", words.Select(word => $"'{word.Word}'").Prepend("a size such as 512m or 8g")),
        node => WordOf(words, node) ?? (ByteSize.TryParse(node.Text, out var bytes) ? Said<long?>(bytes, node) : null),
        () => AnyOf(words, new JsonObject { ["type"] = "string", ["pattern"] = "^[0-9]+(\\.[0-9]+)?([kmgtKMGT]([iI]?[bB])?|[bB])?$" }));

    /// <summary>A count from 1, or a word in its place.</summary>
    /// <param name="words">The words and what they mean.</param>
    public static Shape<long?> CountOr(params (string Word, long? Value)[] words) => Scalar(
        string.Join(" or ", words.Select(word => $"'{word.Word}'").Prepend("a whole number above 0")),
        node => WordOf(words, node)
            ?? (IsNumber(node, out var count) && count > 0 ? Said<long?>(count, node) : null),
        () => AnyOf(words));

    /// <summary>Any single value.</summary>
    /// <param name="expected">What it is, in words.</param>
    /// <param name="parse">Reads it; null when it is wrong.</param>
    /// <param name="schema">Makes its JSON Schema.</param>
    public static Shape<T> Scalar<T>(string expected, Func<DefinitionNode, Setting<T>?> parse, Func<JsonObject> schema) => new(
        (node, path, reading) =>
        {
            var isValue = node.Kind == DefinitionNodeKind.Scalar && !node.IsNull;
            if (isValue && parse(node) is { } setting)
            {
                return setting;
            }

            reading.Error(
                isValue ? "BadValue" : "WrongType", node, path, $"{node.Describe()} is not {expected}",
                node.IsNull ? $"Write {expected}, or leave the key out." : $"Write {expected}.");
            return null;
        },
        _ => schema());

    /// <summary>A value as a node says it.</summary>
    public static Setting<T> Said<T>(T value, DefinitionNode node) => new(value, node.Position);

    private static bool IsNumber(DefinitionNode node, out int number) =>
        int.TryParse(node.Text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static Setting<long?>? WordOf((string Word, long? Value)[] words, DefinitionNode node)
    {
        var at = Array.FindIndex(words, word => word.Word == node.Text);
        return at < 0 ? null : Said(words[at].Value, node);
    }

    private static JsonObject AnyOf((string Word, long? Value)[] words, params JsonNode[] others) => new()
    {
        ["anyOf"] = new JsonArray(
        [
            new JsonObject { ["enum"] = new JsonArray([.. words.Select(word => (JsonNode)word.Word)]) },
            new JsonObject { ["type"] = "integer", ["minimum"] = 1 },
            .. others,
        ]),
    };
}
