using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Docker.DotNet.Models;

namespace PisaHpc.Adapters.Engines.Docker;

/// <summary>
/// The stream of messages with which the engine answers a request that Docker.DotNet does not send (moby, pkg/jsonmessage).
/// </summary>
internal static class EngineMessages
{
    /// <summary>Reads an answer to its end, a message a line.</summary>
    /// <param name="answer">The answer; its headers came.</param>
    /// <exception cref="JsonException">A line is no message.</exception>
    public static async IAsyncEnumerable<JSONMessage> ReadAsync(
        HttpResponseMessage answer, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(cancellationToken));
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.Length > 0)
            {
                yield return JsonSerializer.Deserialize(line, EngineMessagesJson.Default.JSONMessage)
                    ?? throw new JsonException("The message is null.");
            }
        }
    }
}

/// <summary>The messages' form, known when it is compiled.</summary>
[JsonSerializable(typeof(JSONMessage))]
internal sealed partial class EngineMessagesJson : JsonSerializerContext;
