using System.Globalization;
using System.Management.Automation;
using PisaHpc.Containers.Items;
using PisaHpc.Engines;
using PisaHpc.Images.Update;
using PisaHpc.Tracing;

namespace PisaHpc.Module.Base;

/// <summary>
/// Shows phases on nodes: one bar for the whole, which is there before all others, and a child for each node that is being worked on. A
/// bar says what goes on: when a phase ends, that which it was a part of.
/// </summary>
/// <param name="activity">What the whole is headed.</param>
/// <param name="nodes">How many nodes have something to do.</param>
/// <param name="whole">The phase with whose end a node has nothing more to do.</param>
/// <param name="show">Shows a record; called from any thread, for one record at a time.</param>
internal sealed class NodeProgressBars(string activity, int nodes, Phase whole, Action<ProgressRecord> show, TimeProvider time)
    : IProgress<PhaseReport>, IProgress<ImagePullProgress>, IProgress<ItemCopyProgress>, IDisposable
{
    private const int WholeBar = 1;

    /// <summary>
    /// An engine tells of every layer many times a second; nobody reads that fast, and a thousand nodes would fill the queue.
    /// </summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Bar> _bars = new(StringComparer.Ordinal);
    private readonly OpenPhases _whole = new();
    private int _done;
    private bool _isShown;
    private bool _isOver;

    /// <inheritdoc/>
    public void Report(PhaseReport value)
    {
        lock (_gate)
        {
            if (_isOver)
            {
                return;
            }

            if (value.Node is not null)
            {
                ReportNode(value, BarOf(value.Node));
            }
            else if (value.End is null ? _whole.Begin(value) : _whole.End(value))
            {
                ShowWhole();
            }
        }
    }

    /// <inheritdoc/>
    public void Report(ImagePullProgress value) => ShowBytes(value.Node, Describe(value.Pull), PercentOf(value.Pull));

    /// <inheritdoc/>
    public void Report(ItemCopyProgress value)
    {
        var all = value.TotalBytes > 0 ? $" of {ByteSize.Words(value.TotalBytes)}" : "";
        ShowBytes(
            value.Node,
            $"copying, {ByteSize.Words(value.Bytes)}{all}",
            value.TotalBytes > 0 ? (int)Math.Min(100, 100 * value.Bytes / value.TotalBytes) : -1);
    }

    /// <summary>Takes the bars away.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isOver = true;
            foreach (var bar in _bars.Values.Where(bar => bar.IsShown).OrderBy(bar => bar.Node, StringComparer.Ordinal))
            {
                TakeAway(bar);
            }

            show(new ProgressRecord(WholeBar, activity, "done") { RecordType = ProgressRecordType.Completed });
        }
    }

    private Bar BarOf(string node)
    {
        if (!_bars.TryGetValue(node, out var bar))
        {
            _bars[node] = bar = new Bar(WholeBar + 1 + _bars.Count, node);
        }

        return bar;
    }

    private void ReportNode(PhaseReport value, Bar bar)
    {
        if (value.End is null)
        {
            bar.IsDone = false;
            bar.Phases.Begin(value);
            Show(bar);
        }
        else if (bar.Phases.End(value) && bar.Phases.Words is not null)
        {
            Show(bar);
        }

        if (value.End is not null && (value.Phase == whole || bar.Phases.Words is null))
        {
            End(bar, value);
        }
    }

    /// <summary>
    /// Takes a node's bar away, and with the whole's phase moves the whole's on; not for a node that was interrupted, which is not done.
    /// </summary>
    private void End(Bar bar, PhaseReport ended)
    {
        bar.IsDone = true;
        bar.Phases.Clear();
        if (bar.IsShown)
        {
            TakeAway(bar);
        }

        if (ended.Phase == whole && ended.End!.Outcome != PhaseOutcome.Cancelled)
        {
            _done = Math.Min(nodes, _done + 1);
            ShowWhole();
        }
    }

    private void Show(Bar bar) => Show(bar, bar.Phases.Words!, percent: -1);

    private void Show(Bar bar, string words, int percent)
    {
        if (!_isShown)
        {
            ShowWhole();
        }

        bar.IsShown = true;
        show(new ProgressRecord(bar.Id, bar.Node, words) { ParentActivityId = WholeBar, PercentComplete = percent });
    }

    private void ShowBytes(string node, string words, int percent)
    {
        lock (_gate)
        {
            var bar = BarOf(node);
            if (!_isOver && !bar.IsDone && bar.IsDue(time, Pause))
            {
                Show(bar, words, percent);
            }
        }
    }

    private void ShowWhole()
    {
        _isShown = true;
        string?[] words = [_whole.Words, _done > 0 || _whole.Words is null ? $"{_done} of {Plural.Of(nodes, "node")}" : null];
        show(new ProgressRecord(WholeBar, activity, string.Join(", ", words.OfType<string>()))
        {
            PercentComplete = _done > 0 ? 100 * _done / Math.Max(1, nodes) : -1,
        });
    }

    private void TakeAway(Bar bar)
    {
        bar.IsShown = false;
        show(new ProgressRecord(bar.Id, bar.Node, "done")
        {
            ParentActivityId = WholeBar,
            RecordType = ProgressRecordType.Completed,
        });
    }

    private static string Describe(PullProgress pull) => pull.TotalBytes > 0
        ? string.Create(CultureInfo.InvariantCulture, $"{pull.Activity}, {pull.Bytes / 1e6:0.0} of {pull.TotalBytes / 1e6:0.0} MB")
        : pull.Activity;

    private static int PercentOf(PullProgress pull) => pull.TotalBytes > 0 ? (int)(100 * pull.Bytes / pull.TotalBytes) : -1;

    /// <summary>The phases that have begun in one place and not ended, the last one innermost.</summary>
    private sealed class OpenPhases
    {
        private readonly List<PhaseReport> _open = [];

        /// <summary>What goes on; null for nothing.</summary>
        public string? Words => _open is [.., var last] ? last.Words : null;

        public bool Begin(PhaseReport report)
        {
            _open.Add(report);
            return true;
        }

        /// <summary>Ends a phase.</summary>
        /// <returns>Whether something else goes on now.</returns>
        public bool End(PhaseReport report)
        {
            var before = Words;
            var index = _open.FindLastIndex(open => open.Phase == report.Phase && open.Detail == report.Detail);
            if (index >= 0)
            {
                _open.RemoveAt(index);
            }

            return Words != before;
        }

        public void Clear() => _open.Clear();
    }

    private sealed class Bar(int id, string node)
    {
        private long _last;

        public int Id => id;

        public string Node => node;

        public OpenPhases Phases { get; } = new();

        public bool IsShown { get; set; }

        /// <summary>Whether nothing goes on any more: what an engine tells of it then is late.</summary>
        public bool IsDone { get; set; }

        /// <summary>Whether enough time has passed since the last answer that was yes.</summary>
        public bool IsDue(TimeProvider time, TimeSpan pause)
        {
            var now = time.GetTimestamp();
            if (_last != 0 && time.GetElapsedTime(_last, now) < pause)
            {
                return false;
            }

            _last = now;
            return true;
        }
    }
}
