using System.Text.Json;
using Docker.DotNet.Models;
using PisaHpc.Engines;

namespace PisaHpc.Adapters.Engines.Docker;

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
