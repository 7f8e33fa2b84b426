using System.Management.Automation;

namespace PisaHpc.Host.Output;

/// <summary>Tells lines that a native program wrote to stderr, which the engine wraps as error records, from errors.</summary>
internal static class NativeErrorText
{
    /// <summary>Whether the record is such a line.</summary>
    public static bool IsFrom(ErrorRecord error) => error.FullyQualifiedErrorId is "NativeCommandError" or "NativeCommandErrorMessage";
}
