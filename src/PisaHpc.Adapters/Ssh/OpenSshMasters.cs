using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace PisaHpc.Adapters.Ssh;

/// <summary>
/// The ssh masters of this process: their sockets lie in a directory of its own, mode 0700, and they end when the process does. After a
/// kill -9 each ends by itself, a minute past the idle time-out.
/// </summary>
internal static class OpenSshMasters
{
    private static readonly TimeSpan ExitLimit = TimeSpan.FromSeconds(2);
    private static readonly ConcurrentDictionary<string, string[]> Running = new(StringComparer.Ordinal);
    private static readonly Lazy<string> Sockets = new(MakeDirectory);
    private static int _count;

    /// <summary>A socket path that nobody uses. It is short: a socket's path may have some hundred characters (unix(7)).</summary>
    public static string NewSocket() =>
        Path.Combine(Sockets.Value, Interlocked.Increment(ref _count).ToString(CultureInfo.InvariantCulture));

    /// <summary>Remembers a master that was started.</summary>
    /// <param name="socket">Its socket.</param>
    /// <param name="exit">The arguments that make ssh end it.</param>
    public static void Started(string socket, string[] exit) => Running[socket] = exit;

    /// <summary>Forgets a master.</summary>
    /// <param name="socket">Its socket.</param>
    public static void Ended(string socket) => Running.TryRemove(socket, out _);

    private static string MakeDirectory()
    {
        var directory = Directory.CreateTempSubdirectory("pisahpc-ssh-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => EndAll(directory);
        return directory;
    }

    /// <summary>The process ends when this returns: it waits for the children itself.</summary>
    private static void EndAll(string directory)
    {
        var ends = Running.Where(master => File.Exists(master.Key))
            .Select(master => Process.Start(new ProcessStartInfo("ssh", master.Value) { RedirectStandardError = true }))
            .OfType<Process>()
            .ToList();
        foreach (var end in ends)
        {
            end.WaitForExit(ExitLimit);
        }

        Directory.Delete(directory, recursive: true);
    }
}
