using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Runtime.CompilerServices;
using PisaHpc.HostLists;

namespace PisaHpc.Module.Base;

/// <summary>
/// A cmdlet that goes on in the background, as a job of the session: one run, in a runspace of its own, for all of its nodes. What it puts
/// out and fails with on a node is in the node's child job, and all else in the job itself. To stop any of them stops the run, which takes
/// back what it would at Ctrl-C.
/// </summary>
internal sealed class BackgroundJob : Job
{
    private static readonly ConditionalWeakTable<Runspace, BackgroundJob> Runs = [];

    /// <summary>Held where it begins to run, to be stopped, or to have ended: a stop meets either what runs or what will not run.</summary>
    private readonly Lock _gate = new();
    private readonly PowerShell _shell;
    private readonly Dictionary<string, NodeJob> _nodes;
    private readonly PSDataCollection<PSObject> _output = [];
    private bool _isStopping;
    private volatile bool _hasFailed;

    /// <summary>Makes a job; <see cref="Start"/> starts it.</summary>
    /// <param name="shell">The command in a runspace that is not open yet; both are disposed of at the end.</param>
    /// <param name="line">The command as it was typed.</param>
    /// <param name="nodes">The nodes that it is known to go to, each once.</param>
    public BackgroundJob(PowerShell shell, string line, IReadOnlyList<string> nodes)
        : base(line)
    {
        _shell = shell;
        Runs.Add(shell.Runspace, this);
        PSJobTypeName = nameof(PisaHpc);
        _nodes = nodes.ToDictionary(node => node, node => new NodeJob(this, line, node), StringComparer.Ordinal);
        foreach (var node in nodes)
        {
            ChildJobs.Add(_nodes[node]);
        }

        Location = nodes.Count == 0 ? Environment.MachineName : HostList.FoldFound(nodes);
        (shell.Streams.Warning, shell.Streams.Verbose, shell.Streams.Debug) = (Warning, Verbose, Debug);
        (shell.Streams.Information, shell.Streams.Progress) = (Information, Progress);
        // Taken out: what was received is kept nowhere.
        shell.Streams.Error.DataAdded += (_, _) => Array.ForEach([.. shell.Streams.Error.ReadAll()], Take);
        _output.DataAdded += (_, _) => Array.ForEach([.. _output.ReadAll()], Take);
    }

    /// <inheritdoc/>
    public override string Location { get; }

    /// <inheritdoc/>
    public override bool HasMoreData => HasData(this) || ChildJobs.Any(child => child.HasMoreData);

    /// <inheritdoc/>
    public override string StatusMessage
    {
        get
        {
            // What is put out of all nodes together, as a job, is of none of them.
            var heard = _nodes.Values.Count(node => node.WasHeard || JobStateInfo.State == JobState.Completed);
            return _nodes.Count == 0 ? "" : $"{heard} of {Plural.Of(_nodes.Count, "node")}";
        }
    }

    /// <summary>Whether a job has something to be received.</summary>
    public static bool HasData(Job job) =>
        job.Output.Count > 0 || job.Error.Count > 0 || job.Warning.Count > 0 || job.Verbose.Count > 0 || job.Debug.Count > 0
        || job.Information.Count > 0 || job.Progress.Count > 0;

    /// <summary>The job that a runspace is of; null where it is a session's own.</summary>
    public static BackgroundJob? In(Runspace? runspace) => runspace is not null && Runs.TryGetValue(runspace, out var job) ? job : null;

    /// <summary>Starts it; its state tells how it ends.</summary>
    /// <param name="input">What is piped into it.</param>
    /// <param name="location">The directory in which it runs.</param>
    public void Start(IReadOnlyList<object> input, string location)
    {
        SetState(JobState.Running);
        _ = RunAsync(input, location);
    }

    /// <summary>Stops the run, and waits until it has taken back what it has to.</summary>
    public override void StopJob()
    {
        lock (_gate)
        {
            if (JobStateInfo.State is JobState.Completed or JobState.Failed or JobState.Stopped)
            {
                return;
            }

            _isStopping = true;
            SetJobState(JobState.Stopping);
        }

        _shell.Stop();
        Finished.WaitOne();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            StopJob();
            _shell.Dispose();
            _output.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task RunAsync(IReadOnlyList<object> input, string location)
    {
        using var shell = _shell;
        using var runspace = shell.Runspace;
        using var piped = new PSDataCollection<object>(input);
        piped.Complete();
        try
        {
            await Task.Run(runspace.Open);
            runspace.SessionStateProxy.Path.SetLocation(WildcardPattern.Escape(location));

            // A command to which an empty pipeline is piped has nothing to do, and one to which none is piped may mean all nodes.
            await InvokeAsync(input.Count > 0 ? piped : null);
        }
        catch (Exception) when (IsStopping)
        {
            // It was stopped, before it began or while it ran: its state says so.
        }
        catch (Exception failure)
        {
            Take(ErrorCatalogue.RecordOf(failure));
        }

        lock (_gate)
        {
            SetState(_isStopping ? JobState.Stopped : _hasFailed ? JobState.Failed : JobState.Completed);
        }
    }

    private bool IsStopping
    {
        get
        {
            lock (_gate)
            {
                return _isStopping;
            }
        }
    }

    /// <summary>A shell that was stopped before it began would begin all the same.</summary>
    private Task<PSDataCollection<PSObject>> InvokeAsync(PSDataCollection<object>? input)
    {
        lock (_gate)
        {
            return _isStopping ? throw new PipelineStoppedException() : _shell.InvokeAsync(input, _output);
        }
    }

    /// <summary>The children are done before the whole is: whoever waits for that finds them so.</summary>
    private void SetState(JobState state)
    {
        foreach (var node in _nodes.Values)
        {
            node.SetState(state);
        }

        SetJobState(state);
    }

    private void Take(PSObject value)
    {
        if (value?.Properties["Node"]?.Value is string node && _nodes.TryGetValue(node, out var child))
        {
            child.Take(value);
        }
        else
        {
            Output.Add(value);
        }
    }

    /// <summary>Of nodes that failed alike each has its own error again: its part shows it.</summary>
    public void Take(ErrorRecord error)
    {
        _hasFailed = true;
        if (error.Exception is HpcException { FailedNodes: { Count: > 1 } failed }
            && Equals(error.TargetObject, HostList.FoldFound(failed.Select(failure => failure.Node)))
            && failed.All(failure => _nodes.ContainsKey(failure.Node)))
        {
            foreach (var failure in failed)
            {
                _nodes[failure.Node].Take(ErrorCatalogue.RecordOf(failure.Cause, failure.Node, error.InvocationInfo?.MyCommand?.Name));
            }
        }
        else if (error.TargetObject is string node && _nodes.TryGetValue(node, out var child))
        {
            child.Take(error);
        }
        else
        {
            Error.Add(error);
        }
    }
}

/// <summary>A node's part of a job in the background.</summary>
internal sealed class NodeJob : Job
{
    private readonly BackgroundJob _whole;

    /// <summary>Makes a node's part.</summary>
    /// <param name="whole">The job that it is a part of.</param>
    /// <param name="line">The command as it was typed.</param>
    public NodeJob(BackgroundJob whole, string line, string node)
        : base(line, node)
    {
        (_whole, Location) = (whole, node);
        PSJobTypeName = nameof(PisaHpc);
    }

    /// <summary>Whether anything came of the node yet.</summary>
    public bool WasHeard { get; private set; }

    /// <summary>Whether the node failed; what was received is not there any more.</summary>
    private bool HasFailed { get; set; }

    /// <inheritdoc/>
    public override string Location { get; }

    /// <inheritdoc/>
    public override bool HasMoreData => BackgroundJob.HasData(this);

    /// <inheritdoc/>
    public override string StatusMessage => "";

    /// <summary>One run does the work of all nodes, and is stopped as a whole.</summary>
    public override void StopJob() => _whole.StopJob();

    /// <summary>Takes an object of the node.</summary>
    public void Take(PSObject value)
    {
        WasHeard = true;
        Output.Add(value);
    }

    /// <summary>Takes an error of the node.</summary>
    public void Take(ErrorRecord error)
    {
        (WasHeard, HasFailed) = (true, true);
        Error.Add(error);
    }

    /// <summary>Takes the state of the whole; where that ended with errors, a node that has none of them is done.</summary>
    public void SetState(JobState state) =>
        SetJobState(state == JobState.Failed && WasHeard && !HasFailed ? JobState.Completed : state);
}
