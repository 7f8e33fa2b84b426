using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace PisaHpc.Integration.Harness;

/// <summary>A process with its streams read from the start, so that a test can wait for what it says.</summary>
public sealed class RunningProcess : IDisposable
{
    /// <summary>For what never comes; a machine that is shared has been seen to need three times as long as at other times.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(3);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();
    private readonly Task _outputRead;
    private readonly Task _errorRead;

    private RunningProcess(Process process)
    {
        _process = process;
        _outputRead = ReadAsync(process.StandardOutput, _output);
        _errorRead = ReadAsync(process.StandardError, _error);
    }

    /// <summary>The process's id.</summary>
    public int Id => _process.Id;

    /// <summary>What it wrote to stdout so far.</summary>
    public string OutputSoFar => Said(_output);

    /// <summary>What it wrote to stderr so far.</summary>
    public string ErrorSoFar => Said(_error);

    /// <summary>
    /// Starts a program in the checkout's root, with Ctrl-C's signal at its default: whoever runs the tests in the background has it
    /// ignored.
    /// </summary>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">Variables to set; null as a value removes one.</param>
    /// <param name="input">All that it reads from stdin; null leaves stdin open for <see cref="TypeAsync"/>.</param>
    public static RunningProcess Start(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null, string? input = "")
    {
        var start = new ProcessStartInfo("env", ["--default-signal=INT", program, .. arguments])
        {
            WorkingDirectory = Repository.Root,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start)!;
        if (input is not null)
        {
            process.StandardInput.Write(input);
            process.StandardInput.Close();
        }

        return new RunningProcess(process);
    }

    /// <summary>Runs a program to its end.</summary>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">Variables to set; null as a value removes one.</param>
    /// <param name="input">All that it reads from stdin.</param>
    /// <param name="patience">How long it may take; three minutes unless said otherwise.</param>
    public static async Task<ProcessResult> RunAsync(
        string program,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string?>? environment = null,
        string input = "",
        TimeSpan? patience = null)
    {
        using var running = Start(program, arguments, environment, input);
        return await running.EndAsync(patience);
    }

    /// <summary>Waits until a text stands on stdout or stderr: how a test knows that the process has come so far.</summary>
    public async Task SaysAsync(string text)
    {
        var since = Stopwatch.StartNew();
        while (!Says(text))
        {
            // What it said last may be read after its end is known.
            Assert.False(
                _process.HasExited && Task.WhenAll(_outputRead, _errorRead).IsCompleted && !Says(text),
                $"The process ended before it said '{text}':\n{Said(_output)}\n{Said(_error)}");
            Assert.True(since.Elapsed < Deadline, $"The process did not say '{text}' in {Deadline}:\n{Said(_output)}\n{Said(_error)}");
            await Task.Delay(20);
        }
    }

    /// <summary>Types on a stdin that was left open.</summary>
    public async Task TypeAsync(string keys)
    {
        await _process.StandardInput.WriteAsync(keys);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>Sends a signal by its name: INT, TERM, HUP, KILL.</summary>
    public async Task SignalAsync(string signal) => Assert.True(await TrySignalAsync(signal), $"It ended before {signal}.");

    /// <summary>Sends a signal.</summary>
    /// <returns>Whether the process was still there.</returns>
    public async Task<bool> TrySignalAsync(string signal)
    {
        using var kill = Process.Start("kill", ["-s", signal, _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        return kill.ExitCode == 0;
    }

    /// <summary>Waits for the end.</summary>
    public async Task<ProcessResult> EndAsync(TimeSpan? patience = null)
    {
        using var deadline = new CancellationTokenSource(patience ?? Deadline);
        await _process.WaitForExitAsync(deadline.Token);
        await Task.WhenAll(_outputRead, _errorRead);
        return new ProcessResult(_process.ExitCode, Said(_output), Said(_error));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private bool Says(string text) =>
        Said(_error).Contains(text, StringComparison.Ordinal) || Said(_output).Contains(text, StringComparison.Ordinal);

    private static async Task ReadAsync(StreamReader reader, StringBuilder into)
    {
        var buffer = new char[4096];
        for (var read = await reader.ReadAsync(buffer); read > 0; read = await reader.ReadAsync(buffer))
        {
            lock (into)
            {
                into.Append(buffer, 0, read);
            }
        }
    }

    private static string Said(StringBuilder text)
    {
        lock (text)
        {
            return text.ToString();
        }
    }
}
