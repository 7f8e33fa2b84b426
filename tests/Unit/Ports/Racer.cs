using System.Diagnostics;
using System.Globalization;

namespace PisaHpc.Unit.Ports;

/// <summary>A real process that races for ports, and what it said.</summary>
internal sealed class Racer : IDisposable
{
    private readonly Process _process;

    /// <param name="name">Its name: the start of its jobs' ids.</param>
    /// <param name="jobs">How many jobs it has.</param>
    public Racer(string name, int jobs)
        : this(name, jobs, AppContext.BaseDirectory)
    {
    }

    /// <param name="name">Its name: the start of its jobs' ids.</param>
    /// <param name="jobs">How many jobs it has.</param>
    /// <param name="folder">Where its program is.</param>
    /// <param name="account">The command that gives it another account; none lets it run as the test does.</param>
    public Racer(string name, int jobs, string folder, params string[] account)
    {
        Name = name;
        var racer = Path.Combine(folder, "PortRacer.dll");
        string[] command = [.. account, "dotnet", "exec", racer, name, jobs.ToString(CultureInfo.InvariantCulture)];
        _process = Process.Start(new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
    }

    public string Name { get; }

    /// <summary>Whether the test killed it.</summary>
    public bool Killed { get; private set; }

    /// <summary>Everything it said.</summary>
    public List<string> Said { get; } = [];

    public void Tell(string command)
    {
        _process.StandardInput.WriteLine(command);
        _process.StandardInput.Flush();
    }

    /// <summary>Reads until it says this, and kills it when it says that.</summary>
    /// <param name="last">What a racer says that has done all it was told.</param>
    /// <param name="isFatal">What a victim says on its way, that it does not survive; null for one that is to live.</param>
    /// <param name="stop">Ends the wait.</param>
    public async Task HearAsync(string last, Func<string, bool>? isFatal, CancellationToken stop)
    {
        while (await _process.StandardOutput.ReadLineAsync(stop) is { } line)
        {
            Said.Add(line);
            if (isFatal is not null && !Killed && isFatal(line))
            {
                // kill -9, without waiting: it is wherever it is.
                Killed = true;
                _process.Kill();
            }
            else if (line == last && isFatal is null)
            {
                return;
            }
        }

        Assert.True(Killed, $"{Name} ended by itself, after saying: {Said.LastOrDefault()}");
        await _process.WaitForExitAsync(stop);
    }

    /// <summary>kill -9, whatever it is doing.</summary>
    public Task KillAsync(CancellationToken stop)
    {
        Killed = true;
        _process.Kill();
        return _process.WaitForExitAsync(stop);
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(TimeSpan.FromSeconds(5)))
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }
}
