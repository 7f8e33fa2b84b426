using System.Collections.Concurrent;
using System.Management.Automation;
using PisaHpc.Jobs;

namespace PisaHpc.Module.Base;

/// <summary>
/// Shows a job's steps: one bar for the job, a child for each node that is being worked on, and a verbose line for each step.
/// </summary>
/// <param name="activity">What the job's bar is headed.</param>
/// <param name="nodes">How many nodes there are.</param>
/// <param name="show">Shows a record; called from any thread.</param>
/// <param name="trace">Writes a verbose line; called from any thread.</param>
internal sealed class JobProgress(string activity, int nodes, Action<ProgressRecord> show, Action<string> trace) : IProgress<JobStep>
{
    private const int JobBar = 1;
    private readonly ConcurrentDictionary<string, int> _bars = new();
    private int _next = JobBar;
    private int _done;

    /// <inheritdoc/>
    public void Report(JobStep value)
    {
        trace($"{value.Node ?? activity}: {value.Activity}");
        if (value.Node is null)
        {
            show(new ProgressRecord(JobBar, activity, value.Activity));
            return;
        }

        var bar = _bars.GetOrAdd(value.Node, _ => Interlocked.Increment(ref _next));
        show(new ProgressRecord(bar, value.Node, value.Activity)
        {
            ParentActivityId = JobBar,
            RecordType = value.Done ? ProgressRecordType.Completed : ProgressRecordType.Processing,
        });
        if (value.Done)
        {
            var done = Interlocked.Increment(ref _done);
            var percent = Math.Min(100, 100 * done / Math.Max(1, nodes));
            show(new ProgressRecord(JobBar, activity, $"{done} of {Plural.Of(nodes, "node")}") { PercentComplete = percent });
        }
    }

    /// <summary>Takes the bars away.</summary>
    public void Complete()
    {
        foreach (var bar in _bars.Values.Append(JobBar).Order())
        {
            show(new ProgressRecord(bar, activity, "done") { RecordType = ProgressRecordType.Completed });
        }
    }
}
