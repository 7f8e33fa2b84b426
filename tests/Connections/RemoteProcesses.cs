namespace PisaHpc.Connections;

/// <summary>Finds the processes that a test started, since the node is this machine.</summary>
internal static class RemoteProcesses
{
    private static int _count;

    /// <summary>A time for sleep(1) that no other process has.</summary>
    public static string UniqueSleep() =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"1000.{Environment.ProcessId:000000}{Interlocked.Increment(ref _count):000}");

    /// <summary>Waits until the sleep runs: the command line of a shell that is going to start it does not count.</summary>
    public static Task StartedAsync(string sleep) => WaitAsync(() => Runs(sleep), TimeSpan.FromSeconds(10));

    /// <summary>Waits until the sleep is gone; a killed process may take a moment on a busy machine.</summary>
    public static Task GoneAsync(string sleep) => WaitAsync(() => !Runs(sleep), TimeSpan.FromSeconds(10));

    private static async Task WaitAsync(Func<bool> condition, TimeSpan longest)
    {
        using var limit = new CancellationTokenSource(longest);
        while (!condition())
        {
            await Task.Delay(20, limit.Token);
        }
    }

    private static bool Runs(string sleep) => Directory.EnumerateDirectories("/proc")
        .Where(directory => char.IsAsciiDigit(Path.GetFileName(directory)[0]))
        .Any(directory => CommandLine(directory) == $"sleep\0{sleep}\0");

    private static string CommandLine(string directory)
    {
        try
        {
            return File.ReadAllText(Path.Combine(directory, "cmdline"));
        }
        catch (IOException)
        {
            // It ended while the list was read.
            return "";
        }
    }
}
