using System.Management.Automation;
using System.Management.Automation.Host;
using System.Management.Automation.Runspaces;

namespace PisaHpc.Host.Scripts;

/// <summary>Opens the engine and loads the module into it.</summary>
internal static class EngineRunspace
{
    /// <summary>Opens a runspace that runs on its caller's thread.</summary>
    public static Runspace Open(PSHost host)
    {
        var runspace = RunspaceFactory.CreateRunspace(host, InitialSessionState.CreateDefault2());
        runspace.ThreadOptions = PSThreadOptions.UseCurrentThread;
        runspace.Open();
        Runspace.DefaultRunspace = runspace;
        return runspace;
    }

    /// <summary>Imports a module for every script of the runspace.</summary>
    /// <param name="runspace">The runspace.</param>
    /// <param name="manifest">The module's manifest.</param>
    /// <exception cref="RuntimeException">The module does not load.</exception>
    public static void Import(Runspace runspace, string manifest)
    {
        using var shell = PowerShell.Create(runspace);
        shell.AddCommand("Import-Module")
            .AddParameter("Name", manifest)
            .AddParameter("ErrorAction", ActionPreference.Stop)
            .Invoke();
        if (shell.Streams.Error.Count > 0)
        {
            throw new RuntimeException(shell.Streams.Error[0].ToString(), shell.Streams.Error[0].Exception, shell.Streams.Error[0]);
        }
    }
}
