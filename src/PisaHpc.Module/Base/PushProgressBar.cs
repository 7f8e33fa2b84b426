using System.Management.Automation;
using PisaHpc.Engines;

namespace PisaHpc.Module.Base;

/// <summary>Shows how far a push has come: one bar for the image, a child for each layer.</summary>
/// <param name="activity">What the image's bar is headed.</param>
/// <param name="show">Shows a record; called from any thread.</param>
internal sealed class PushProgressBar(string activity, Action<ProgressRecord> show) : IProgress<LayerPush>
{
    private const int Bar = 1;
    private readonly Dictionary<string, (int Id, LayerPush Last)> _layers = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public void Report(LayerPush value)
    {
        var id = _layers.TryGetValue(value.Layer, out var known) ? known.Id : Bar + _layers.Count + 1;
        _layers[value.Layer] = (id, value);
        show(LayerRecord(id, value));
        var done = _layers.Values.Count(layer => layer.Last.Done);
        show(new ProgressRecord(Bar, activity, $"{done} of {Plural.Of(_layers.Count, "layer")}")
        {
            PercentComplete = 100 * done / _layers.Count,
        });
    }

    /// <summary>Takes the bars away.</summary>
    public void Complete()
    {
        foreach (var id in _layers.Values.Select(layer => layer.Id).Append(Bar).Order())
        {
            show(new ProgressRecord(id, activity, "done") { RecordType = ProgressRecordType.Completed });
        }
    }

    private static ProgressRecord LayerRecord(int id, LayerPush layer)
    {
        var size = layer.TotalBytes > 0 ? $" {ByteSize.Words(layer.Bytes)} of {ByteSize.Words(layer.TotalBytes)}" : "";
        return new ProgressRecord(id, layer.Layer, layer.Activity + size)
        {
            ParentActivityId = Bar,
            RecordType = layer.Done ? ProgressRecordType.Completed : ProgressRecordType.Processing,
            PercentComplete = layer.TotalBytes > 0 ? (int)Math.Min(100, 100 * layer.Bytes / layer.TotalBytes) : -1,
        };
    }
}
