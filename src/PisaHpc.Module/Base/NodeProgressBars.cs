using System.Collections.Concurrent;
using System.Globalization;
using System.Management.Automation;
using PisaHpc.Containers.Items;
using PisaHpc.Engines;
using PisaHpc.Images.Update;
using PisaHpc.Tracing;

namespace PisaHpc.Module.Base;

/// <summary>Shows phases on nodes: one bar for the whole, and a child for each node that is being worked on.</summary>
/// <param name="activity">What the whole is headed.</param>
/// <param name="nodes">How many nodes have something to do.</param>
/// <param name="whole">The phase with whose end a node has nothing more to do.</param>
/// <param name="show">Shows a record; called from any thread.</param>
internal sealed class NodeProgressBars(string activity, int nodes, Phase whole, Action<ProgressRecord> show, TimeProvider time)
    : IProgress<PhaseReport>, IProgress<ImagePullProgress>, IProgress<ItemCopyProgress>, IDisposable
{
    private const int WholeBar = 1;

    /// <summary>
    /// An engine tells of every layer many times a second; nobody reads that fast, and a thousand nodes would fill the queue.
    /// </summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<string, Bar> _bars = new(StringComparer.Ordinal);
    private int _next = WholeBar;
    private int _done;
    private volatile bool _isOver;

    /// <inheritdoc/>
    public void Report(PhaseReport value)
    {
        if (_isOver)
        {
            return;
        }

        if (value is { End: null, Node: { } node })
        {
            show(new ProgressRecord(BarOf(node).Id, node, value.Words) { ParentActivityId = WholeBar });
        }
        else if (value.End is null)
        {
            show(new ProgressRecord(WholeBar, activity, value.Words));
        }
        else if (value.Phase == whole && value.Node is not null)
        {
            End(value.Node, value.End.Outcome);
        }
    }

    /// <inheritdoc/>
    public void Report(ImagePullProgress value)
    {
        var bar = BarOf(value.Node);
        if (!_isOver && bar.IsDue(time, Pause))
        {
            show(new ProgressRecord(bar.Id, value.Node, Describe(value.Pull))
            {
                ParentActivityId = WholeBar,
                PercentComplete = PercentOf(value.Pull),
            });
        }
    }

    /// <inheritdoc/>
    public void Report(ItemCopyProgress value)
    {
        var bar = BarOf(value.Node);
        if (!_isOver && bar.IsDue(time, Pause))
        {
            var all = value.TotalBytes > 0 ? $" of {ByteSize.Words(value.TotalBytes)}" : "";
            show(new ProgressRecord(bar.Id, value.Node, $"copying, {ByteSize.Words(value.Bytes)}{all}")
            {
                ParentActivityId = WholeBar,
                PercentComplete = value.TotalBytes > 0 ? (int)Math.Min(100, 100 * value.Bytes / value.TotalBytes) : -1,
            });
        }
    }

    /// <summary>Takes the bars away.</summary>
    public void Dispose()
    {
        _isOver = true;
        foreach (var node in _bars.Keys.Order(StringComparer.Ordinal))
        {
            TakeAway(node);
        }

        show(new ProgressRecord(WholeBar, activity, "done") { RecordType = ProgressRecordType.Completed });
    }

    private Bar BarOf(string node) => _bars.GetOrAdd(node, _ => new Bar(Interlocked.Increment(ref _next)));

    /// <summary>Takes a node's bar away, and moves the whole's on; not for a node that was interrupted, which is not done.</summary>
    private void End(string node, PhaseOutcome outcome)
    {
        TakeAway(node);
        if (outcome != PhaseOutcome.Cancelled)
        {
            var done = Math.Min(nodes, Interlocked.Increment(ref _done));
            var percent = 100 * done / Math.Max(1, nodes);
            show(new ProgressRecord(WholeBar, activity, $"{done} of {Plural.Of(nodes, "node")}") { PercentComplete = percent });
        }
    }

    private void TakeAway(string node) => show(new ProgressRecord(BarOf(node).Id, node, "done")
    {
        ParentActivityId = WholeBar,
        RecordType = ProgressRecordType.Completed,
    });

    private static string Describe(PullProgress pull) => pull.TotalBytes > 0
        ? string.Create(CultureInfo.InvariantCulture, $"{pull.Activity}, {pull.Bytes / 1e6:0.0} of {pull.TotalBytes / 1e6:0.0} MB")
        : pull.Activity;

    private static int PercentOf(PullProgress pull) => pull.TotalBytes > 0 ? (int)(100 * pull.Bytes / pull.TotalBytes) : -1;

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
