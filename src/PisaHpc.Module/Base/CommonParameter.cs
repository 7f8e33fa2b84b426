using System.Management.Automation;

namespace PisaHpc.Module.Base;

/// <summary>What a common parameter says, or the variable of the session that stands for it where it was not given.</summary>
internal static class CommonParameter
{
    /// <summary>Whether nothing is to be done: -WhatIf.</summary>
    public static bool IsWhatIf(PSCmdlet cmdlet) => LanguagePrimitives.IsTrue(ValueOf(cmdlet, "WhatIf", "WhatIfPreference"));

    /// <summary>Whether anybody reads what is said in detail: -Verbose.</summary>
    public static bool IsVerbose(PSCmdlet cmdlet) => ValueOf(cmdlet, "Verbose", "VerbosePreference") is var said
        && (said is SwitchParameter or bool
            ? LanguagePrimitives.IsTrue(said)
            : Action(said, ActionPreference.SilentlyContinue) is not (ActionPreference.SilentlyContinue or ActionPreference.Ignore));

    /// <summary>What is to be done with errors: -ErrorAction.</summary>
    public static ActionPreference ErrorAction(PSCmdlet cmdlet) =>
        Action(ValueOf(cmdlet, "ErrorAction", "ErrorActionPreference"), ActionPreference.Continue);

    /// <summary>What is to be done with warnings: -WarningAction.</summary>
    public static ActionPreference WarningAction(PSCmdlet cmdlet) =>
        Action(ValueOf(cmdlet, "WarningAction", "WarningPreference"), ActionPreference.Continue);

    private static object? ValueOf(PSCmdlet cmdlet, string parameter, string variable) =>
        cmdlet.MyInvocation.BoundParameters.TryGetValue(parameter, out var asked) ? asked : cmdlet.GetVariableValue(variable);

    private static ActionPreference Action(object? said, ActionPreference usual) =>
        said is not null && LanguagePrimitives.TryConvertTo(said, out ActionPreference action) ? action : usual;
}
