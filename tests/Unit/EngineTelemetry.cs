using System.Runtime.CompilerServices;

namespace PisaHpc.Unit;

/// <summary>The engine would report each run to its makers; a test run talks to nobody.</summary>
internal static class EngineTelemetry
{
#pragma warning disable CA2255 // The only code that runs before any test does.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void OptOut() => Environment.SetEnvironmentVariable("POWERSHELL_TELEMETRY_OPTOUT", "1");
}
