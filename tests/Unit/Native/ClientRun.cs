using System.Diagnostics;
using System.Text;

namespace PisaHpc.Unit.Native;

/// <summary>A client of an agent.</summary>
internal sealed class ClientRun : IDisposable
{
    private readonly Process _process;
    private readonly MemoryStream _output = new();
    private readonly StringBuilder _error = new();
    private readonly Task _reading;

    private ClientRun(Process process)
    {
        _process = process;
        _reading = Task.WhenAll(ReadOutputAsync(), ReadErrorAsync());
    }

    public int Id => _process.Id;

    /// <summary>What was written to stdout so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return Encoding.UTF8.GetString(_output.GetBuffer(), 0, (int)_output.Length);
            }
        }
    }

    public bool HasEnded => _process.HasExited;

    /// <param name="command">The program and its arguments.</param>
    /// <param name="mark">A variable, as NAME=VALUE.</param>
    /// <param name="variables">More; null as a value removes one.</param>
    public static ClientRun Start(IReadOnlyList<string> command, string mark, IReadOnlyDictionary<string, string?>? variables)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            WorkingDirectory = "/",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[mark.Split('=')[0]] = mark.Split('=')[1];
        foreach (var (name, value) in variables ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        return new ClientRun(Process.Start(start)!);
    }

    /// <summary>Waits until it has written a text.</summary>
    public Task SaysAsync(string text) =>
        Wait.UntilAsync(() => Output.Contains(text, StringComparison.Ordinal), () => $"'{text}' is not in: {Output}{_error}");

    public void Signal(int number) => Assert.Equal(0, Libc.Kill(Id, number));

    /// <summary>Gives it its input and waits for its end.</summary>
    public async Task<ClientResult> EndAsync(byte[] input)
    {
        using var limit = new CancellationTokenSource(Wait.Limit);
        try
        {
            await _process.StandardInput.BaseStream.WriteAsync(input, limit.Token);
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended before it had read all.
        }

        return await EndAsync();
    }

    /// <summary>Waits for its end, its input left as it is.</summary>
    public async Task<ClientResult> EndAsync()
    {
        using var limit = new CancellationTokenSource(Wait.Limit);
        await _process.WaitForExitAsync(limit.Token);
        await _reading.WaitAsync(limit.Token);
        return new ClientResult(_process.ExitCode, _output.ToArray(), _error.ToString());
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private async Task ReadOutputAsync()
    {
        var buffer = new byte[65536];
        for (int read; (read = await _process.StandardOutput.BaseStream.ReadAsync(buffer)) > 0;)
        {
            lock (_output)
            {
                _output.Write(buffer, 0, read);
            }
        }
    }

    private async Task ReadErrorAsync()
    {
        var buffer = new char[4096];
        for (int read; (read = await _process.StandardError.ReadAsync(buffer)) > 0;)
        {
            _error.Append(buffer, 0, read);
        }
    }
}

/// <summary>How a client ended; a death by a signal is 128 and its number, as .NET says it.</summary>
internal sealed record ClientResult(int ExitCode, byte[] Bytes, string Error)
{
    public string Output => Encoding.UTF8.GetString(Bytes);

    public ClientResult EndedWith(int exitCode)
    {
        Assert.True(ExitCode == exitCode, $"It ended with {ExitCode} instead of {exitCode}: {Output}{Error}");
        return this;
    }
}

/// <summary>Waits for a condition.</summary>
internal static class Wait
{
    public static TimeSpan Limit { get; } = TimeSpan.FromSeconds(60);

    public static async Task UntilAsync(Func<bool> condition, Func<string> otherwise)
    {
        var since = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(since.Elapsed < Limit, otherwise());
            await Task.Delay(10);
        }
    }
}
