using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Docker.DotNet.Models;
using PisaHpc.Engines;

namespace PisaHpc.Adapters.Engines.Docker;

/// <summary>
/// A pull's message stream: the error that only it carries, and the layers' progress in one figure. It sees each message on the thread that
/// read it: a <see cref="Progress{T}"/> may hand on the last one after the end.
/// </summary>
internal sealed class PullMessages(IProgress<PullProgress>? progress) : IProgress<JSONMessage>
{
    private readonly Dictionary<string, (long Bytes, long Total)> _layers = new(StringComparer.Ordinal);

    /// <summary>The first error that the stream told; null when it told none.</summary>
    public string? Error { get; private set; }

    /// <inheritdoc/>
    public void Report(JSONMessage value)
    {
        Error ??= value.Error?.Message;
        if (progress is null || value.ID is not { Length: > 0 } layer)
        {
            return;
        }

        switch (value.Status)
        {
            case "Downloading" when value.Progress is { Current: { } bytes } step:
                _layers[layer] = (bytes, Math.Max(step.Total ?? 0, bytes));
                Tell("downloading");
                break;
            case "Download complete" when _layers.TryGetValue(layer, out var known):
                _layers[layer] = (known.Total, known.Total);
                Tell("downloading");
                break;
            case "Extracting":
                Tell("unpacking");
                break;
        }
    }

    private void Tell(string activity) =>
        progress!.Report(new PullProgress(activity, _layers.Values.Sum(layer => layer.Bytes), _layers.Values.Sum(layer => layer.Total)));
}

/// <summary>A push's message stream: the error and the digest that only it carries, and the layers' progress.</summary>
/// <param name="tag">The tag that is pushed, of which the stream tells as if it were a layer.</param>
/// <param name="progress">Told of each layer.</param>
internal sealed class PushMessages(string tag, IProgress<LayerPush>? progress) : IProgress<JSONMessage>
{
    /// <summary>The first error that the stream told; null when it told none.</summary>
    public string? Error { get; private set; }

    /// <summary>The digest that the registry gave; null as long as the stream told none.</summary>
    public string? Digest { get; private set; }

    /// <inheritdoc/>
    public void Report(JSONMessage value)
    {
        Error ??= value.Error?.Message;
        if (value.Aux?.ExtensionData?.TryGetValue("Digest", out var digest) == true
            && digest is JsonElement { ValueKind: JsonValueKind.String } text)
        {
            Digest = text.GetString();
        }

        if (value.ID is { Length: > 0 } layer && layer != tag)
        {
            progress?.Report(new LayerPush(layer, value.Status ?? "", value.Progress?.Current ?? 0, value.Progress?.Total ?? 0));
        }
    }
}

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
