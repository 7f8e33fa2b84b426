using System.Runtime.CompilerServices;
using System.Text.Json;

namespace PisaHpc.Docker;

/// <summary>One message of the stream with which the engine answers a long request (moby, pkg/jsonmessage).</summary>
/// <param name="Layer">The layer that it is about; null when it is about the whole.</param>
/// <param name="Status">The engine's words.</param>
/// <param name="Error">The failure that ended the request; null when there is none.</param>
/// <param name="Bytes">How far the layer has come.</param>
/// <param name="TotalBytes">How far it has to go.</param>
/// <param name="Digest">The digest that a push ends with.</param>
internal sealed record EngineMessage(string? Layer, string Status, string? Error, long Bytes, long TotalBytes, string? Digest);

/// <summary>Reads the messages of an answer.</summary>
internal static class EngineMessages
{
    /// <summary>Reads an answer to its end, a message a line.</summary>
    /// <param name="answer">The answer; its headers came.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static async IAsyncEnumerable<EngineMessage> ReadAsync(
        HttpResponseMessage answer, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(cancellationToken));
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.Length > 0)
            {
                yield return Parse(line);
            }
        }
    }

    /// <summary>Reads one message.</summary>
    /// <param name="line">A JSON object.</param>
    public static EngineMessage Parse(string line)
    {
        using var json = JsonDocument.Parse(line);
        var message = json.RootElement;
        var progress = Member(message, "progressDetail");
        return new EngineMessage(
            Text(message, "id"),
            Text(message, "status") ?? "",
            Text(Member(message, "errorDetail"), "message") ?? Text(message, "error"),
            Number(progress, "current"),
            Number(progress, "total"),
            Text(Member(message, "aux"), "Digest"));
    }

    private static JsonElement? Member(JsonElement? parent, string name) =>
        parent is { ValueKind: JsonValueKind.Object } known && known.TryGetProperty(name, out var member) ? member : null;

    private static string? Text(JsonElement? parent, string name) =>
        Member(parent, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static long Number(JsonElement? parent, string name) =>
        Member(parent, name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var value) ? value : 0;
}
