using System.Management.Automation;

namespace PisaHpc.Module.Base;

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
