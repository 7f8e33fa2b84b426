using System.Runtime.CompilerServices;

namespace PisaHpc.Unit;

/// <summary>A test knows the site definitions that it writes, and none of the machine that it runs on.</summary>
internal static class SiteOfTheMachine
{
#pragma warning disable CA2255 // The only code that runs before any test does.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Forget() => Environment.SetEnvironmentVariable("PISAHPC_SITE", null);
}
