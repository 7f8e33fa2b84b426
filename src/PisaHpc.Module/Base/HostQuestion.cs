using System.Management.Automation;
using System.Management.Automation.Host;

namespace PisaHpc.Module.Base;

/// <summary>A question that a cmdlet puts to whoever sits at the host.</summary>
internal static class HostQuestion
{
    /// <summary>
    /// Asks it. Hosts say in ways of their own that they cannot ask. PowerShell's own console takes the end of its input for an answer, and
    /// the default one is yes (PowerShell, ConsoleHostUserInterfacePrompt.cs): one that reads from no terminal is not asked.
    /// </summary>
    /// <returns>The answer; null where nobody can be asked.</returns>
    public static bool? Ask(PSCmdlet cmdlet, string question, string caption)
    {
        if (cmdlet.Host.Name == "ConsoleHost" && Console.IsInputRedirected)
        {
            return null;
        }

        try
        {
            return cmdlet.ShouldContinue(question, caption);
        }
        catch (Exception exception) when (exception is HostException or PSInvalidOperationException or NotImplementedException)
        {
            return null;
        }
    }
}
