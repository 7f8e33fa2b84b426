using System.Diagnostics;

namespace PisaHpc.Integration.Host;

public sealed class SignalTests
{
    private const string Waits = """
        try { [Console]::Error.WriteLine('waiting'); while ($true) { [Threading.Thread]::Sleep(20) } }
        finally { [Console]::Error.WriteLine('cleaned up') }
        """;

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    [InlineData("HUP", 129)]
    public async Task A_signal_stops_the_pipeline_lets_it_clean_up_and_is_the_exit_code(string signal, int exitCode)
    {
        using var host = HostProcess.Start("-NoModule", "-Command", Waits);
        await host.SaysAsync("waiting");
        await host.SignalAsync(signal);
        var result = (await host.EndAsync()).EndedWith(exitCode);
        Assert.Contains("cleaned up", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_that_is_killed_leaves_no_file_of_its_own()
    {
        var temporary = Directory.CreateTempSubdirectory("pisahpc-killed-").FullName;
        var environment = new Dictionary<string, string?> { ["TMPDIR"] = temporary, ["PISAHPC_MODULE"] = null };
        using var host = Harness.RunningProcess.Start(Harness.Repository.Host, ["-Command", Waits], environment);
        await host.SaysAsync("waiting");
        await host.SignalAsync("KILL");
        (await host.EndAsync()).EndedWith(137);
        Assert.Empty(Directory.GetFileSystemEntries(temporary));
        Directory.Delete(temporary);
    }

    [Fact]
    public async Task A_second_signal_does_not_cut_the_clean_up_short()
    {
        const string script = """
            try { [Console]::Error.WriteLine('waiting'); while ($true) { [Threading.Thread]::Sleep(20) } }
            finally {
                [Console]::Error.WriteLine('cleaning')
                while (-not [IO.File]::Exists($env:DONE)) { [Threading.Thread]::Sleep(20) }
                [Console]::Error.WriteLine('cleaned up')
            }
            """;
        var done = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        using var host = Harness.RunningProcess.Start(
            Harness.Repository.Host, ["-NoModule", "-c", script], new Dictionary<string, string?> { ["DONE"] = done });
        await host.SaysAsync("waiting");
        await host.SignalAsync("INT");
        await host.SaysAsync("cleaning");
        await host.SignalAsync("INT");
        await host.SaysAsync("still cleaning up");
        await File.WriteAllTextAsync(done, "");
        var result = (await host.EndAsync()).EndedWith(130);
        File.Delete(done);
        Assert.Contains("cleaned up", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_signal_ends_the_native_program_that_runs()
    {
        using var host = HostProcess.Start("-NoModule", "-c", "/bin/sh -c 'echo $$ >&2; exec sleep 300'");
        await host.SaysAsync("\n");
        await host.SignalAsync("TERM");
        var result = (await host.EndAsync()).EndedWith(143);
        var child = int.Parse(result.Error.Split('\n')[0], System.Globalization.CultureInfo.InvariantCulture);
        Assert.False(Directory.Exists($"/proc/{child}") && !IsZombie(child), $"process {child} still runs");
    }

    [Fact]
    public async Task A_signal_while_the_engine_starts_ends_it_too()
    {
        using var host = HostProcess.Start("-NoModule", "-c", "while ($true) { [Threading.Thread]::Sleep(20) }");
        var since = Stopwatch.StartNew();
        while (!HasHandler(host.Id))
        {
            Assert.True(since.Elapsed < TimeSpan.FromSeconds(30), "the host never listened for SIGTERM");
            await Task.Delay(5);
        }

        await host.SignalAsync("TERM");
        (await host.EndAsync()).EndedWith(143);
    }

    // SigCgt in proc_pid_status(5): bit 14 is SIGTERM. The runtime catches it before Main; from then on the host owes a clean end.
    private static bool HasHandler(int process) => File.ReadLines($"/proc/{process}/status")
        .Where(line => line.StartsWith("SigCgt:", StringComparison.Ordinal))
        .Any(line => (Convert.ToUInt64(line[7..].Trim(), 16) & (1UL << 14)) != 0);

    private static bool IsZombie(int process) =>
        File.ReadAllText($"/proc/{process}/stat").Split(' ')[2] == "Z";
}
