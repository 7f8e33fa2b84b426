using System.Diagnostics;

namespace PisaHpc.Integration.Harness;

/// <summary>A shell on a terminal, whose prompt is typed at.</summary>
public sealed class TerminalPrompt : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly RunningProcess _console;
    private readonly CancellationTokenSource _over = new();
    private readonly SemaphoreSlim _keyboard = new(1);
    private int _seen;

    private TerminalPrompt(RunningProcess console)
    {
        _console = console;
        _ = AnswerAsync(_over.Token);
    }

    /// <summary>Starts it on a terminal.</summary>
    /// <param name="arguments">The program and its arguments.</param>
    /// <param name="environment">Variables to set beside the terminal's name; null as a value removes one.</param>
    public static TerminalPrompt Start(IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null)
    {
        // From a shell: where a pwsh runs the tests, the program would find that one's modules.
        var variables = new Dictionary<string, string?>(environment ?? new Dictionary<string, string?>())
        {
            ["TERM"] = "xterm-256color",
            ["PSModulePath"] = null,
            ["POWERSHELL_TELEMETRY_OPTOUT"] = "1",
        };
        return new TerminalPrompt(TerminalSession.Start(arguments, variables));
    }

    /// <summary>Types.</summary>
    public async Task TypeAsync(string keys)
    {
        await _keyboard.WaitAsync();
        try
        {
            await _console.TypeAsync(keys);
        }
        finally
        {
            _keyboard.Release();
        }
    }

    /// <summary>Waits for a text that was not there when this was called the last time.</summary>
    /// <param name="limit">How long it may take; a minute unless said otherwise.</param>
    /// <returns>What the terminal showed since then.</returns>
    public async Task<string> ShowsAsync(string text, TimeSpan? limit = null)
    {
        var since = Stopwatch.StartNew();
        while (!_console.OutputSoFar.AsSpan(_seen).Contains(text, StringComparison.Ordinal))
        {
            Assert.True(since.Elapsed < (limit ?? Deadline), $"The terminal did not show '{text}':\n{_console.OutputSoFar[_seen..]}");
            await Task.Delay(5);
        }

        var shown = _console.OutputSoFar[_seen..];
        _seen += shown.Length;
        return shown;
    }

    /// <summary>Waits for the end.</summary>
    public Task<ProcessResult> EndAsync() => _console.EndAsync();

    /// <inheritdoc/>
    public void Dispose()
    {
        _over.Cancel();
        _over.Dispose();
        _console.Dispose();
    }

    /// <summary>
    /// Answers as a terminal does that is asked where its cursor is (ECMA-48, DSR): .NET waits for that, and reads whatever is typed
    /// instead of an answer into keys that nobody pressed.
    /// </summary>
    private async Task AnswerAsync(CancellationToken over)
    {
        try
        {
            for (var answered = 0; !over.IsCancellationRequested;)
            {
                for (var asked = _console.OutputSoFar.Split("\e[6n").Length - 1; answered < asked; answered++)
                {
                    await TypeAsync("\e[1;1R");
                }

                await Task.Delay(5, CancellationToken.None);
            }
        }
        catch (Exception end) when (end is IOException or ObjectDisposedException)
        {
            // The program has ended after its question.
        }
    }
}
