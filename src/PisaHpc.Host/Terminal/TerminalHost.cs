using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;

namespace PisaHpc.Host.Terminal;

/// <summary>What the engine sees of this process.</summary>
internal sealed class TerminalHost(TerminalUserInterface userInterface) : PSHost
{
    /// <summary>The code that a script's <c>exit</c> named; null while none did.</summary>
    public int? ExitRequested { get; private set; }

    public override string Name => "pisahpc";

    public override Version Version { get; } = typeof(TerminalHost).Assembly.GetName().Version ?? new Version();

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override CultureInfo CurrentCulture => CultureInfo.CurrentCulture;

    public override CultureInfo CurrentUICulture => CultureInfo.CurrentUICulture;

    public override PSHostUserInterface UI => userInterface;

    public override void SetShouldExit(int exitCode) => ExitRequested = exitCode;

    public override void EnterNestedPrompt() =>
        throw new PSNotSupportedException("pisahpc has no nested prompt. Answer the question, or stop the pipeline with Ctrl-C.");

    public override void ExitNestedPrompt()
    {
        // Without nested prompts there is none to leave.
    }

    public override void NotifyBeginApplication() => userInterface.HideProgress();

    public override void NotifyEndApplication()
    {
        // A native program leaves the terminal as the runtime restores it.
    }
}
