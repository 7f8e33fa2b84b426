using System.Diagnostics;

namespace PisaHpc.Tests;

/// <summary>
/// A script that a test starts. Another process writes it: a file that this process has open for writing is inherited, for a moment, by
/// whatever another test starts just then, and until that has begun the kernel starts no program from it (ETXTBSY in execve(2); golang/go#22315).
/// </summary>
internal static class ProgramFile
{
    /// <summary>Writes a script with its first line, in place of what was there.</summary>
    public static void Write(string path, string text)
    {
        using var install = Process.Start(new ProcessStartInfo("install", ["-m", "755", "/dev/stdin", path]) { RedirectStandardInput = true })!;
        install.StandardInput.Write(text);
        install.StandardInput.Close();
        install.WaitForExit();
        if (install.ExitCode != 0)
        {
            throw new IOException($"install ended with {install.ExitCode} for {path}.");
        }
    }
}
