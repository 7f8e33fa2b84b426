using System.Runtime.CompilerServices;

namespace PisaHpc.Integration.Harness;

/// <summary>The checkout that the tests were built from.</summary>
public static class Repository
{
    /// <summary>Its root.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The module's manifest: what pwsh is given, too.</summary>
    public static string Manifest { get; } = Path.Combine(Root, "PisaHpc.psd1");

    /// <summary>The published host.</summary>
    public static string Host { get; } = Path.Combine(Root, "out", "host", "pisahpc");

    /// <summary>The program for batch systems' hooks, compiled ahead of time.</summary>
    public static string Hook => FindHook();

    private static string FindHook()
    {
        var hook = Path.Combine(Root, "out", "hook", "pisahpc-hook");
        return File.Exists(hook) ? hook : throw new InvalidOperationException($"There is no {hook}. Run ./build.sh Hook first.");
    }

    private static string FindRoot([CallerFilePath] string thisFile = "")
    {
        var root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", ".."));
        return File.Exists(Path.Combine(root, "bin", "PisaHpc.Module.dll"))
            ? root
            : throw new InvalidOperationException($"The module is not built in {root}. Run ./build.sh Build first.");
    }
}
