using System.Management.Automation;
using System.Management.Automation.Runspaces;
using PisaHpc.Host.Output;

namespace PisaHpc.Host.Scripts;

/// <summary>Runs one script in a runspace and says with which code the process should end for it.</summary>
internal sealed class ScriptRunner(Runspace runspace, ScriptHost host, MessageWriter messages, HostOptions options)
{
    /// <summary>Runs a script; objects go to stdout in the wanted form, errors to stderr as they happen.</summary>
    /// <param name="compose">Adds the script's commands to an empty pipeline.</param>
    /// <param name="signals">What may stop it.</param>
    /// <returns>0, or 1 when an error was written or thrown, the code of <c>exit</c>, or the code of the signal that stopped it.</returns>
    public int Run(Action<PowerShell> compose, StopSignals signals)
    {
        using var shell = PowerShell.Create(runspace);
        var failed = false;
        var completed = false;
        shell.Streams.Error.DataAdded += (_, added) => failed |= Report(shell.Streams.Error[added.Index]);
        compose(shell);
        try
        {
            signals.Watch(shell);
            Invoke(shell, signals);
            completed = shell.InvocationStateInfo.State == PSInvocationState.Completed;
        }
        catch (Exception stop) when (signals.Received is not null && IsStop(stop))
        {
            // The signal's code below says it all.
        }
        catch (RuntimeException failure)
        {
            failed |= Report(failure.ErrorRecord);
        }
        finally
        {
            signals.Unwatch();
            ((ScriptUserInterface)host.UI).Finish();
        }

        // A signal that came when all was done has stopped nothing.
        return (completed ? null : signals.Received) ?? host.ExitRequested ?? (failed ? 1 : 0);
    }

    // The second kind is a pipeline that was stopped before it began.
    private static bool IsStop(Exception exception) => exception is PipelineStoppedException or InvalidPowerShellStateException;

    private void Invoke(PowerShell shell, StopSignals signals)
    {
        if (options.Format == OutputFormat.Text)
        {
            shell.AddCommand("Out-Default").Invoke();
            return;
        }

        var writer = new JsonObjectWriter(warning => messages.Say("warning", warning));
        if (options.Format == OutputFormat.Jsonl)
        {
            using var lines = new JsonLines(writer, signals.OutputUnread);
            lines.Take(shell);
            return;
        }

        var results = shell.Invoke();
        using var stdout = Console.OpenStandardOutput();
        writer.Write(results, stdout, options.AsArray);
    }

    /// <summary>Reports an error record; says whether it makes the run a failed one.</summary>
    private bool Report(ErrorRecord error)
    {
        messages.Report(error);
        return !NativeErrorText.IsFrom(error);
    }
}
