using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;
using PisaHpc.Host.Output;

namespace PisaHpc.Host.Scripts;

/// <summary>What the engine sees of this process while a script runs.</summary>
internal sealed class ScriptHost(ScriptUserInterface userInterface) : PSHost
{
    /// <summary>The code that a script's <c>exit</c> named; null while none did.</summary>
    public int? ExitRequested { get; private set; }

    public override string Name => "pisahpc";

    public override Version Version { get; } = typeof(ScriptHost).Assembly.GetName().Version ?? new Version();

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override CultureInfo CurrentCulture => CultureInfo.CurrentCulture;

    public override CultureInfo CurrentUICulture => CultureInfo.CurrentUICulture;

    public override PSHostUserInterface UI => userInterface;

    public override void SetShouldExit(int exitCode) => ExitRequested = exitCode;

    public override void EnterNestedPrompt() => throw new PSNotSupportedException("pisahpc has no nested prompt: it is for programs.");

    public override void ExitNestedPrompt()
    {
        // Without nested prompts there is none to leave.
    }

    public override void NotifyBeginApplication()
    {
        // A native program has the process's own streams.
    }

    public override void NotifyEndApplication()
    {
        // And leaves them as they were.
    }
}
