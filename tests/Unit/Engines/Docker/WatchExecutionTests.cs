using System.Diagnostics;
using PisaHpc.Adapters.Engines.Docker;

namespace PisaHpc.Unit.Engines.Docker;

/// <summary>The life line of a command in a container, on this machine.</summary>
public sealed class WatchExecutionTests : IDisposable
{
    private readonly string _mark = Guid.NewGuid().ToString("N");
    private readonly Process _command;

    public WatchExecutionTests()
    {
        var start = new ProcessStartInfo("setsid", ["sh", "-c", "trap : TERM; while :; do sleep 1; done"]);
        start.Environment[ExecutionScripts.Mark] = _mark;
        _command = Process.Start(start)!;
    }

    public void Dispose()
    {
        if (!_command.HasExited)
        {
            _command.Kill(entireProcessTree: true);
        }

        _command.Dispose();
    }

    [Theory]
    [InlineData("")]
    [InlineData("a half wor")]
    public async Task A_command_ends_with_its_life_line(string last)
    {
        using var watcher = await StartAsync();
        await watcher.StandardInput.WriteAsync(last);
        watcher.StandardInput.Close();
        Assert.Equal("ended\n", await watcher.StandardOutput.ReadToEndAsync());
        await _command.WaitForExitAsync();
    }

    /// <summary>As on a busy machine: by this clock one look takes six seconds, which is more than the whole is given.</summary>
    [Fact]
    public async Task It_is_killed_before_it_is_given_up_however_long_a_look_at_all_processes_takes()
    {
        using var watcher = await StartAsync(script => script
            .Replace("</proc/uptime", "</nowhere", StringComparison.Ordinal)
            .Replace("now=$((now + 1))", "now=$((now + 600))", StringComparison.Ordinal));
        watcher.StandardInput.Close();
        Assert.Equal("ended\n", await watcher.StandardOutput.ReadToEndAsync());
        await _command.WaitForExitAsync();
    }

    [Fact]
    public async Task A_word_lets_go_of_it()
    {
        using var watcher = await StartAsync();
        await watcher.StandardInput.WriteAsync(ExecutionScripts.Leads(new ExecutionLeader(_command.Id, "1")) + ExecutionScripts.Done);
        Assert.Equal("", await watcher.StandardOutput.ReadToEndAsync());
        Assert.False(_command.HasExited);
    }

    private async Task<Process> StartAsync(Func<string, string>? altered = null)
    {
        var command = ExecutionScripts.Watch(_mark, "TERM").Select(word => altered?.Invoke(word) ?? word).ToArray();
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment.Remove(ExecutionScripts.Mark);
        var watcher = Process.Start(start)!;
        Assert.Equal(ExecutionScripts.Watching.TrimEnd(), await watcher.StandardOutput.ReadLineAsync());
        return watcher;
    }
}
