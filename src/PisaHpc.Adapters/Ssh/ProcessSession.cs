using System.Diagnostics;

namespace PisaHpc.Adapters.Ssh;

/// <summary>A command behind a process of this machine: the ssh client, or the command itself.</summary>
internal sealed class ProcessSession : INodeSession
{
    private readonly Process _process;
    private readonly ProcessIdLine _head = new();
    private readonly Task<int?> _processId;

    private ProcessSession(Process process, Func<int, Task<int>> finish)
    {
        _process = process;
        _processId = _head.ReadAsync(Output);
        Completion = CompleteAsync(finish);
    }

    public Stream Input => _process.StandardInput.BaseStream;

    public Stream Output => _process.StandardOutput.BaseStream;

    public Stream Error => _process.StandardError.BaseStream;

    public Task<int> Completion { get; }

    /// <summary>Starts a process.</summary>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="finish">Turns the process's exit code into the command's, or throws.</param>
    /// <param name="variables">Its environment; null for this process's own.</param>
    public static ProcessSession Start(
        string program, IEnumerable<string> arguments, Func<int, Task<int>> finish, IReadOnlyDictionary<string, string>? variables = null)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            CreateNoWindow = true,
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        if (variables is not null)
        {
            start.Environment.Clear();
            foreach (var (name, value) in variables)
            {
                start.Environment[name] = value;
            }
        }

        return new ProcessSession(Process.Start(start)!, finish);
    }

    public Task<int?> ProcessIdAsync() => _processId;

    public async Task<SessionOutput> ReadToEndAsync()
    {
        var output = ReadOutputAsync();
        var error = ReadAsync(Error);
        return new SessionOutput(await Completion, await output, await error, await _processId is not null);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private async Task<ReadOnlyMemory<byte>> ReadOutputAsync() =>
        await _processId is null ? _head.Seen : await ReadAsync(Output);

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(Stream stream)
    {
        using var whole = new MemoryStream();
        await stream.CopyToAsync(whole);
        return whole.ToArray();
    }

    private async Task<int> CompleteAsync(Func<int, Task<int>> finish)
    {
        await _process.WaitForExitAsync();
        return await finish(_process.ExitCode);
    }
}
