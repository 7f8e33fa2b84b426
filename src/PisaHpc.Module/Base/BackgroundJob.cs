using System.Management.Automation;
using System.Management.Automation.Host;
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
    private readonly string _cmdlet;
    private readonly Dictionary<string, NodeJob> _nodes;
    private readonly PSDataCollection<PSObject> _output = [];
    private CallingSession? _session;
    private bool _isStopping;
    private volatile bool _hasFailed;

    /// <summary>Makes a job; <see cref="Start"/> starts it.</summary>
    /// <param name="shell">The command in a runspace that is not open yet; both are disposed of at the end.</param>
    /// <param name="line">The command as it was typed.</param>
    /// <param name="nodes">The nodes that it is known to go to, each once.</param>
    public BackgroundJob(PowerShell shell, string line, IReadOnlyList<string> nodes)
        : base(line)
    {
        (_shell, _cmdlet) = (shell, shell.Commands.Commands[0].CommandText);
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
    /// <param name="session">The session whose job it is: with that it ends.</param>
    public void Start(IReadOnlyList<object> input, string location, CallingSession session)
    {
        _session = session;
        SetState(JobState.Running);
        session.Runspace.StateChanged += EndWithSession;
        _ = RunAsync(input, location).ContinueWith(
            _ => session.Runspace.StateChanged -= EndWithSession,
            CancellationToken.None,
            TaskContinuationOptions.None,
            TaskScheduler.Default);

        void EndWithSession(object? runspace, RunspaceStateEventArgs state)
        {
            if (state.RunspaceStateInfo.State == RunspaceState.Closing)
            {
                EndAllOf(session);
            }
        }
    }

    /// <summary>
    /// PowerShell stops no job of a session that ends, and what they have begun on nodes would stay there. Whoever ends a session may kill
    /// what is left of it soon: none of its jobs waits for another one's end.
    /// </summary>
    private static void EndAllOf(CallingSession session)
    {
        BackgroundJob[] ending = [.. Runs.Select(run => run.Value).Where(job => job._session == session && job.BeginStop())];
        Array.ForEach(ending, job => job.EndIn(session.Host.UI));
    }

    /// <summary>Waits for its end. Nobody can receive it any more: what it has to say is said at once.</summary>
    private void EndIn(PSHostUserInterface host)
    {
        host.WriteWarningLine($"The session ends: its job {Id}, {_cmdlet}, is stopped, and takes back what it has begun.");
        Finished.WaitOne();
        foreach (var warning in Warning.ReadAll())
        {
            host.WriteWarningLine(warning.Message);
        }

        foreach (var error in ChildJobs.Prepend(this).SelectMany(job => job.Error.ReadAll()))
        {
            host.WriteErrorLine(PipelineErrors.LineOf(error));
        }
    }

    /// <summary>Stops the run, and waits until it has taken back what it has to.</summary>
    public override void StopJob()
    {
        if (BeginStop())
        {
            Finished.WaitOne();
        }
    }

    /// <summary>Has the run stop.</summary>
    /// <returns>Whether it has yet to end.</returns>
    private bool BeginStop()
    {
        lock (_gate)
        {
            if (JobStateInfo.State is JobState.Completed or JobState.Failed or JobState.Stopped)
            {
                return false;
            }

            _isStopping = true;
            SetJobState(JobState.Stopping);
        }

        try
        {
            // Stop fails with a NullReferenceException where the run ends just then. The end is waited for all the same.
            _shell.BeginStop(null, null);
        }
        catch (ObjectDisposedException)
        {
            // It has ended meanwhile.
        }

        return true;
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

/// <summary>A session in which a job was begun.</summary>
/// <param name="Host">Who shows what the session has to say.</param>
internal sealed record CallingSession(Runspace Runspace, PSHost Host);
