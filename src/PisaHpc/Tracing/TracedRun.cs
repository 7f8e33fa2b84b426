using System.Diagnostics;

namespace PisaHpc.Tracing;

/// <summary>
/// One run of a command: the root of its activities, and a listener that is told of its phases and of no other run's. Others in the
/// process, such as an exporter, see the same activities.
/// </summary>
public sealed class TracedRun : IDisposable
{
    /// <summary>The run that the present code belongs to. It follows calls as <see cref="Activity.Current"/> does.</summary>
    private static readonly AsyncLocal<TracedRun?> Current = new();

    private readonly string _command;
    private readonly Action<PhaseReport> _told;
    private readonly ActivityListener _listener;
    private Activity? _root;
    private volatile bool _isRunning;

    /// <summary>Makes a run, and begins to listen.</summary>
    /// <param name="command">The root activity's name: the command's.</param>
    /// <param name="told">Told of each phase that begins or ends, on the thread on which it does.</param>
    public TracedRun(string command, Action<PhaseReport> told)
    {
        (_command, _told) = (command, told);
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Phases.SourceName,
            Sample = (ref _) => Current.Value == this ? ActivitySamplingResult.AllData : ActivitySamplingResult.None,
            ActivityStarted = Tell,
            ActivityStopped = Tell,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>Does a part of the command's work below the root, which begins with the first of them.</summary>
    public async Task RunAsync(Func<Task> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        Current.Value = this;
        _root ??= Phases.Source.StartActivity(_command);
        Activity.Current = _root;
        _isRunning = true;
        try
        {
            await work();
        }
        catch (Exception failure)
        {
            Failed(failure);
            throw;
        }
        finally
        {
            _isRunning = false;
        }
    }

    /// <summary>Says that the command failed, or was interrupted, though it may go on. The first failure is the root's.</summary>
    public void Failed(Exception failure)
    {
        if (_root is { Status: ActivityStatusCode.Unset } root && root.GetTagItem(Phases.CancelledTag) is null)
        {
            Phases.SetOutcome(root, failure);
        }
    }

    /// <summary>Ends the root, and listens no more.</summary>
    public void Dispose()
    {
        if (_root is { IsStopped: false } root)
        {
            if (root.Status == ActivityStatusCode.Unset && root.GetTagItem(Phases.CancelledTag) is null)
            {
                Phases.SetOutcome(root, failure: null);
            }

            // Whoever disposes has an activity of his own, or none; ending the root would set it to the one in which the root began.
            var around = Activity.Current;
            root.Stop();
            Activity.Current = around;
        }

        _listener.Dispose();
    }

    private void Tell(Activity activity)
    {
        if (_isRunning && Current.Value == this && PhaseReport.Of(activity) is { } report)
        {
            _told(report);
        }
    }
}
