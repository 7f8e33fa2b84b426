using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;
using PisaHpc.Host.Scripts;
using PisaHpc.Host.Terminal;

namespace PisaHpc.Host.Prompt;

/// <summary>
/// The prompt: reads a statement, over several lines where it is not finished, runs it, and comes back, until <c>exit</c>.
/// </summary>
internal sealed class InteractivePrompt(
    Runspace runspace, TerminalHost host, ScriptRunner runner, StopSignals signals, Func<string, string?> readLine)
{
    private const string Continued = ">> ";

    /// <summary>Runs it.</summary>
    /// <returns>The code of <c>exit</c>, or of the signal that ended it; 0 at the end of the input.</returns>
    public int Run()
    {
        Console.Out.WriteLine("pisahpc: Get-Command -Module PisaHpc lists the cmdlets, Tab completes, exit leaves.");
        signals.EndsIdleProcess = true;
        while (host.ExitRequested is null && signals.Received is null)
        {
            var statement = ReadStatement();
            if (statement is null)
            {
                return 0;
            }

            if (!string.IsNullOrWhiteSpace(statement))
            {
                runner.Run(ScriptSource.Typed(statement), signals);
                signals.ForgetInterrupt();
            }
        }

        return signals.Received ?? host.ExitRequested ?? 0;
    }

    private string? ReadStatement()
    {
        var statement = readLine($"{Location()}> ");
        while (statement is not null && IsUnfinished(statement))
        {
            var more = readLine(Continued);
            if (string.IsNullOrEmpty(more))
            {
                // An empty line or Ctrl-C ends the statement as it stands: the parser then says what is missing.
                return more is null ? null : statement;
            }

            statement += "\n" + more;
        }

        return statement;
    }

    private static bool IsUnfinished(string statement)
    {
        Parser.ParseInput(statement, out _, out var errors);
        return errors.Any(error => error.IncompleteInput);
    }

    private string Location()
    {
        var path = runspace.SessionStateProxy.Path.CurrentLocation.Path;
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        var isHome = path == home || path.StartsWith(home + "/", StringComparison.Ordinal);
        return isHome ? $"pisahpc ~{path[home.Length..]}" : $"pisahpc {path}";
    }
}
