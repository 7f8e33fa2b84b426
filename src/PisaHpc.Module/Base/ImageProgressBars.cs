using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;
using PisaHpc.Engines;
using PisaHpc.Images.Import;
using PisaHpc.Tracing;

namespace PisaHpc.Module.Base;

/// <summary>Shows how far an import has come: bytes, files, and the time that is left at the pace so far.</summary>
/// <param name="activity">What the bar is headed.</param>
/// <param name="show">Shows a record; called from any thread.</param>
internal sealed class ImportProgressBar(string activity, Action<ProgressRecord> show)
    : IProgress<ImportProgress>, IProgress<PhaseReport>, IDisposable
{
    private const int Bar = 1;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _next;
    private volatile bool _isOver;

    /// <inheritdoc/>
    public void Report(ImportProgress value)
    {
        var now = _clock.Elapsed;
        if (!_isOver && now >= _next)
        {
            _next = now + Pause;
            show(RecordOf(value, now));
        }
    }

    /// <summary>Says what is being done before the first byte.</summary>
    public void Report(PhaseReport value)
    {
        if (!_isOver && value.End is null)
        {
            show(new ProgressRecord(Bar, activity, value.Words));
        }
    }

    /// <summary>Takes the bar away.</summary>
    public void Dispose()
    {
        _isOver = true;
        show(new ProgressRecord(Bar, activity, "done") { RecordType = ProgressRecordType.Completed });
    }

    /// <summary>The record of a state.</summary>
    internal ProgressRecord RecordOf(ImportProgress value, TimeSpan elapsed)
    {
        var bytes = ByteSize.Words(value.Bytes) + (value.TotalBytes is { } all ? $" of {ByteSize.Words(all)}" : "");
        var most = value.TotalFiles is { } count ? string.Create(CultureInfo.InvariantCulture, $" of {count:N0}") : "";
        var files = value.Files is { } seen
            ? string.Create(CultureInfo.InvariantCulture, $", {seen:N0}{most} {Plural.Noun(value.TotalFiles ?? seen, "file")}")
            : "";
        var record = new ProgressRecord(Bar, activity, bytes + files);
        if (value.TotalBytes is { } total && total > 0)
        {
            // The last bytes are the engine's to confirm: 100 is when it has.
            record.PercentComplete = (int)Math.Min(99, 100 * value.Bytes / total);
            record.SecondsRemaining = value.Bytes > 0
                ? (int)Math.Min(int.MaxValue, elapsed.TotalSeconds * (total - value.Bytes) / value.Bytes)
                : -1;
        }

        return record;
    }
}

/// <summary>Shows how far a push has come: one bar for the image, a child for each layer.</summary>
/// <param name="activity">What the image's bar is headed.</param>
/// <param name="show">Shows a record; called from any thread.</param>
internal sealed class PushProgressBar(string activity, Action<ProgressRecord> show) : IProgress<LayerPush>
{
    private const int Bar = 1;
    private readonly Dictionary<string, (int Id, LayerPush Last)> _layers = new(StringComparer.Ordinal);
    private bool _isOver;

    /// <summary>The image's bar comes first, or a layer's would stand above it.</summary>
    public void Report(LayerPush value)
    {
        if (_isOver)
        {
            return;
        }

        var id = _layers.TryGetValue(value.Layer, out var known) ? known.Id : Bar + _layers.Count + 1;
        _layers[value.Layer] = (id, value);
        var done = _layers.Values.Count(layer => layer.Last.Done);
        show(new ProgressRecord(Bar, activity, $"{done} of {Plural.Of(_layers.Count, "layer")}")
        {
            PercentComplete = 100 * done / _layers.Count,
        });
        show(LayerRecord(id, value));
    }

    /// <summary>Takes the bars away.</summary>
    public void Complete()
    {
        _isOver = true;
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
