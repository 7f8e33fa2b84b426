using System.Management.Automation;
using System.Management.Automation.Runspaces;
using PisaHpc.Engines;
using PisaHpc.Tracing;

namespace PisaHpc.Module.Base;

/// <summary>What a cmdlet says of failures, all of it on the pipeline's thread.</summary>
/// <param name="cmdlet">Whose errors they are.</param>
/// <param name="engine">What the site's engines are called; null where no site says so.</param>
/// <param name="folds">Whether errors of nodes wait for others of the same cause.</param>
internal sealed class PipelineErrors(PSCmdlet cmdlet, Func<EngineTerms?> engine, Func<bool> folds)
{
    private readonly ErrorFold _held = new();

    /// <summary>Writes a failure as an error record, after those of before.</summary>
    public void Write(Exception exception, object? target)
    {
        WriteHeld();
        cmdlet.WriteError(RecordOf(exception, target));
    }

    /// <summary>Writes a node's failure, when it is known whether others have the same.</summary>
    public void WriteOfNode(NodeFailure failure)
    {
        var record = RecordOf(failure.Cause, failure.Node);
        if (folds() && Preference is ActionPreference.Continue or ActionPreference.SilentlyContinue or ActionPreference.Ignore
            && record.Exception is HpcException)
        {
            _held.Add(failure.Node, record);
        }
        else
        {
            cmdlet.WriteError(record);
        }
    }

    /// <summary>Writes the errors that waited for others. A pipeline that was stopped takes none: then they go to the host.</summary>
    public void WriteHeld()
    {
        while (_held.TryTake() is { } record)
        {
            if (!WasWritten(record) && Preference == ActionPreference.Continue)
            {
                Say(record);
            }
        }
    }

    /// <summary>Ends the cmdlet with a failure.</summary>
    public void End(Exception failure)
    {
        WriteFailedNodes(failure);
        WriteHeld();
        cmdlet.ThrowTerminatingError(RecordOf(failure));
    }

    /// <summary>Does something whose failure ends the cmdlet.</summary>
    public void OrEnd(Action action) => OrEnd(() =>
    {
        action();
        return true;
    });

    /// <summary>The same, for what comes of it.</summary>
    public T OrEnd<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (HpcException failure)
        {
            End(failure);
            throw;
        }
    }

    /// <summary>
    /// A pipeline that was stopped takes no error, and work that could not be taken back fails after that: what it says goes to the host,
    /// or nobody would learn what is left behind.
    /// </summary>
    /// <param name="failure">How the work ended; null where it did not fail.</param>
    /// <param name="taken">What it has taken back.</param>
    public void SayUnheard(Exception? failure, TakenBack taken)
    {
        foreach (var line in taken.Lines)
        {
            SayTakenBack(line);
        }

        if (failure is not null && AsyncCmdlet.IsFailure(failure))
        {
            Say(RecordOf(failure));
        }
    }

    private ErrorRecord RecordOf(Exception exception, object? target = null) =>
        ErrorCatalogue.RecordOf(exception, target, cmdlet.MyInvocation.MyCommand?.Name, engine());

    /// <summary>False where the pipeline takes nothing more: it may have begun to stop before its token says so.</summary>
    private bool WasWritten(ErrorRecord record)
    {
        try
        {
            if (!cmdlet.PipelineStopToken.IsCancellationRequested)
            {
                cmdlet.WriteError(record);
                return true;
            }
        }
        catch (PipelineStoppedException)
        {
            // The host is told.
        }

        return false;
    }

    /// <summary>Tells the host. A job in the background has none, and takes the error itself.</summary>
    private void Say(ErrorRecord record)
    {
        if (BackgroundJob.In(Runspace.DefaultRunspace) is { } job)
        {
            job.Take(record);
            return;
        }

        cmdlet.Host.UI.WriteErrorLine(LineOf(record));
    }

    /// <summary>A record as a line, for a host that no stream leads to any more: its id, what happened, the next step.</summary>
    public static string LineOf(ErrorRecord record) =>
        $"{record.FullyQualifiedErrorId.Split(',')[0]}: {record.Exception.Message} {record.ErrorDetails?.RecommendedAction}".TrimEnd();

    private void SayTakenBack(string words)
    {
        if (CommonParameter.WarningAction(cmdlet) is ActionPreference.SilentlyContinue or ActionPreference.Ignore)
        {
            return;
        }

        if (BackgroundJob.In(Runspace.DefaultRunspace) is { } job)
        {
            job.Warning.Add(new WarningRecord(words));
        }
        else
        {
            cmdlet.Host.UI.WriteWarningLine(words);
        }
    }

    /// <summary>
    /// A record for each node that a failure names, before its own. Where the first error is to end all it would be a node's: then the
    /// failure stands alone, which has the nodes with it.
    /// </summary>
    private void WriteFailedNodes(Exception failure)
    {
        if (failure is HpcException { FailedNodes: var failed } && Preference != ActionPreference.Stop)
        {
            foreach (var node in failed)
            {
                WriteOfNode(node);
            }
        }
    }

    private ActionPreference Preference => CommonParameter.ErrorAction(cmdlet);
}
