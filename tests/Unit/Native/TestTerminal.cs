using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace PisaHpc.Unit.Native;

/// <summary>A terminal of the test's own: what a command shows on it, what is typed, and its size.</summary>
[SupportedOSPlatform("linux")]
internal sealed class TestTerminal : IDisposable
{
    private readonly SafeFileHandle _master = File.OpenHandle("/dev/ptmx", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
    private readonly FileStream _keyboardAndScreen;
    private readonly StringBuilder _shown = new();
    private readonly Process _process;

    private TestTerminal(IEnumerable<string> command, string mark, string redirection, bool stalled = false)
    {
        _keyboardAndScreen = new FileStream(_master, FileAccess.ReadWrite, bufferSize: 0);
        var path = Path = Libc.Unlock(_master);
        Resize(40, 100);
        string[] first = ["setsid", "--ctty", "sh", "-c", "exec \"$@\" " + redirection, "sh", "env", "--default-signal", .. command];
        var start = new ProcessStartInfo("sh", ["-c", "exec <\"$0\" >\"$0\" 2>\"$0\"; exec \"$@\"", path, .. first]);
        start.Environment[mark.Split('=')[0]] = mark.Split('=')[1];
        _process = Process.Start(start)!;
        if (!stalled)
        {
            new Thread(Read) { IsBackground = true }.Start();
        }
    }

    /// <summary>All that was shown so far.</summary>
    public string Shown
    {
        get
        {
            lock (_shown)
            {
                return _shown.ToString();
            }
        }
    }

    public int Id => _process.Id;

    public string Path { get; }

    /// <summary>Starts an agent's client on a terminal of 40 lines of 100 columns.</summary>
    /// <param name="agent">The agent.</param>
    /// <param name="arguments">What follows the client's name and the socket.</param>
    /// <param name="redirection">What of it is not the terminal, as a shell says it.</param>
    public static TestTerminal Start(ServedAgent agent, IEnumerable<string> arguments, string redirection = "") =>
        new([ServedAgent.ClientProgram, "--socket", agent.Socket, .. arguments], agent.Mark, redirection);

    /// <summary>Starts one on a terminal that takes nothing, but for what fits into it.</summary>
    public static TestTerminal StartStalled(ServedAgent agent, params IEnumerable<string> arguments) =>
        new([ServedAgent.ClientProgram, "--socket", agent.Socket, .. arguments], agent.Mark, "", stalled: true);

    /// <summary>Starts another program there, with the client's name and the socket as variables.</summary>
    public static TestTerminal StartShell(ServedAgent agent, params IEnumerable<string> shell) =>
        new(["env", $"RUN={ServedAgent.ClientProgram}", $"PISAHPC_SOCKET={agent.Socket}", "PS1=$ ", .. shell], agent.Mark, "");

    public void Resize(ushort rows, ushort columns) => Libc.Resize(_master, rows, columns);

    public void Type(string keys) => _keyboardAndScreen.Write(Encoding.UTF8.GetBytes(keys));

    public Task ShowsAsync(string text) => ShowsAsync(shown => shown.Contains(text, StringComparison.Ordinal), text);

    public Task ShowsAsync(Predicate<string> condition, string what) =>
        Wait.UntilAsync(() => condition(Shown), () => $"{what} is not shown: {Shown}");

    /// <summary>The settings that the terminal has now, as stty(1) says them.</summary>
    public async Task<string> SettingsAsync()
    {
        using var stty = Process.Start(new ProcessStartInfo("stty", ["--all", "--file", Libc.Unlock(_master)]) { RedirectStandardOutput = true })!;
        return await stty.StandardOutput.ReadToEndAsync();
    }

    /// <summary>Waits for the end of what was started; a death by a signal is 128 and its number.</summary>
    public async Task<int> EndAsync()
    {
        await Wait.UntilAsync(() => _process.HasExited, () => $"it does not end: {Shown}");
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
        _keyboardAndScreen.Dispose();
    }

    private void Read()
    {
        var buffer = new byte[65536];
        try
        {
            for (int read; (read = _keyboardAndScreen.Read(buffer)) > 0;)
            {
                lock (_shown)
                {
                    _shown.Append(Encoding.UTF8.GetString(buffer, 0, read));
                }
            }
        }
        catch (Exception end) when (end is IOException or ObjectDisposedException)
        {
            // Nobody has the terminal open any more.
        }
    }
}
