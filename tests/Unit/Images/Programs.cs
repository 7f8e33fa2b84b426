using System.Diagnostics;

namespace PisaHpc.Unit.Images;

/// <summary>Programs of this machine, for what a test needs done or looked up.</summary>
internal static class Programs
{
    public static async Task<int> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    public static void EndedWell(this int exitCode) => Assert.Equal(0, exitCode);

    /// <summary>The processes whose command line holds a text.</summary>
    public static async Task<IReadOnlyList<string>> NamingAsync(string text)
    {
        var found = new List<string>();
        foreach (var directory in Directory.EnumerateDirectories("/proc").Where(path => int.TryParse(Path.GetFileName(path), out _)))
        {
            try
            {
                var line = await File.ReadAllTextAsync(Path.Combine(directory, "cmdline"));
                if (line.Contains(text, StringComparison.Ordinal))
                {
                    found.Add(line);
                }
            }
            catch (IOException)
            {
                // It ended between the listing and the look.
            }
        }

        return found;
    }
}
