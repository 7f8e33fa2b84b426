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
