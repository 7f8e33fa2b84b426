using System.Collections.Concurrent;
using System.Globalization;
using System.Management.Automation;
using PisaHpc.Images.Update;

namespace PisaHpc.Module.Base;

/// <summary>Shows an update of images: one bar for the whole, and a child for each node that is being worked on.</summary>
/// <param name="activity">What the whole is headed.</param>
/// <param name="nodes">How many nodes have something to do.</param>
/// <param name="show">Shows a record; called from any thread.</param>
/// <param name="trace">Writes a verbose line; called from any thread.</param>
internal sealed class ImageBars(string activity, int nodes, Action<ProgressRecord> show, Action<string> trace, TimeProvider time)
    : IProgress<ImageProgress>
{
    private const int Whole = 1;

    /// <summary>
    /// An engine tells of every layer many times a second; nobody reads that fast, and a thousand nodes would fill the queue.
    /// </summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<string, Bar> _bars = new(StringComparer.Ordinal);
    private int _next = Whole;
    private int _done;

    /// <inheritdoc/>
    public void Report(ImageProgress value)
    {
        var bar = _bars.GetOrAdd(value.Node, _ => new Bar(Interlocked.Increment(ref _next)));
        if (value.Pull is not null && !bar.IsDue(time, Pause))
        {
            return;
        }

        if (value.Pull is null)
        {
            trace($"{value.Node}: {value.Activity}");
        }

        show(new ProgressRecord(bar.Id, value.Node, Describe(value))
        {
            ParentActivityId = Whole,
            PercentComplete = PercentOf(value),
        });
    }

    /// <summary>Takes a node's bar away and moves the whole's on.</summary>
    public void Complete(string node)
    {
        if (_bars.TryGetValue(node, out var bar))
        {
            show(new ProgressRecord(bar.Id, node, "done") { ParentActivityId = Whole, RecordType = ProgressRecordType.Completed });
        }

        var done = Interlocked.Increment(ref _done);
        var percent = Math.Min(100, 100 * done / Math.Max(1, nodes));
        show(new ProgressRecord(Whole, activity, $"{done} of {Plural.Of(nodes, "node")}") { PercentComplete = percent });
    }

    /// <summary>Takes the whole's bar away.</summary>
    public void Complete() => show(new ProgressRecord(Whole, activity, "done") { RecordType = ProgressRecordType.Completed });

    private static string Describe(ImageProgress value) => value.Pull is { TotalBytes: > 0 } pull
        ? string.Create(CultureInfo.InvariantCulture, $"{value.Activity}, {pull.Bytes / 1e6:0.0} of {pull.TotalBytes / 1e6:0.0} MB")
        : value.Activity;

    private static int PercentOf(ImageProgress value) =>
        value.Pull is { TotalBytes: > 0 } pull ? (int)(100 * pull.Bytes / pull.TotalBytes) : -1;

    private sealed class Bar(int id)
    {
        private long _last;

        public int Id => id;

        /// <summary>Whether enough time has passed since the last answer that was yes.</summary>
        public bool IsDue(TimeProvider time, TimeSpan pause)
        {
            var (last, now) = (Interlocked.Read(ref _last), time.GetTimestamp());
            return (last == 0 || time.GetElapsedTime(last, now) >= pause) && Interlocked.CompareExchange(ref _last, now, last) == last;
        }
    }
}
