using System.Text.Json;
using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Host;

/// <summary>
/// Exit codes and error ids as about_PisaHpc_Automation has them, on a site of one node: this machine, whose engine is not there.
/// </summary>
public sealed class CmdletExitCodeTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pisahpc-codes-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData("Get-HpcNode", 0)]
    [InlineData("Get-HpcNode -Fold", 0)]
    [InlineData("Get-HpcContainer", 1, "EngineUnavailable")]
    [InlineData("Get-HpcImage -Fold", 1, "EngineUnavailable")]
    [InlineData("Test-HpcNode -Check Engine", 0)]
    [InlineData("Test-HpcNode -Check Engine -OnlyProblems -Fold", 0)]
    [InlineData("Test-HpcNode -Check Engine -Summary", 0)]
    [InlineData("Test-HpcNode -Check Engine -FailOn Failed", 1, "NodeCheckFailed")]
    [InlineData("Test-HpcContainer -Definition", 0)]
    [InlineData("Test-HpcContainer -Definition -FailOn Warning", 1, "ContainerCheckFailed")]
    [InlineData("Compare-HpcEnvironment", 1, "EngineUnavailable")]
    [InlineData("Compare-HpcEnvironment -Summary", 1, "EngineUnavailable")]
    [InlineData("Sync-HpcEnvironment -WhatIf", 1, "EngineUnavailable")]
    [InlineData("Export-HpcReport $HOME/report.html", 0)]
    [InlineData("Export-HpcReport /no/report.html", 1, "InvalidValue")]
    [InlineData("Wait-HpcJob 4711 -IntervalSec 1 -TimeoutSec 2", 1, "EngineUnavailable", "JobNotInState")]
    [InlineData("Wait-HpcJob 4711 -IntervalSec 1 -TimeoutSec 2 -ErrorAction Ignore", 0)]
    [InlineData("New-JobPort 4711 -WhatIf", 0)]
    [InlineData("New-JobPort 4711 -Owner root; New-JobPort 4711 -Owner root; Remove-JobPort 4711; Remove-JobPort 4711", 0)]
    [InlineData("$null = Update-HpcImage -AsJob", 0)]
    [InlineData("Update-HpcImage -AsJob | Receive-Job -Wait", 1, "EngineUnavailable")]
    public async Task A_cmdlet_ends_with_the_code_and_the_ids_that_the_page_says(string command, int exitCode, params string[] ids)
    {
        var result = (await RunAsync(command)).EndedWith(exitCode);
        var errors = result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement)
            .Where(line => line.TryGetProperty("error", out _))
            .Select(line => line.GetProperty("error").GetProperty("id").GetString());
        Assert.Equal(ids, errors);
    }

    [Fact]
    public async Task What_still_runs_in_the_background_when_the_script_ends_is_stopped_which_a_warning_says()
    {
        // An engine that takes connections and says nothing.
        const string script = """
            $socket = [Net.Sockets.Socket]::new('Unix', 'Stream', 'Unspecified')
            $socket.Bind([Net.Sockets.UnixDomainSocketEndPoint]::new("$HOME/engine.sock"))
            $socket.Listen()
            $job = Update-HpcImage -AsJob
            $asked = $socket.Accept()
            'begun'
            """;
        var result = (await RunAsync(script)).EndedWith(0);
        Assert.Equal("\"begun\"", result.Output.Trim());
        Assert.Contains("The session ends: its job ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_watch_has_put_every_round_out_when_it_is_stopped()
    {
        using var host = Start("Get-HpcNode -Watch -IntervalSec 1", "Jsonl");
        await host.SaysAsync("\"State\":\"NoEngine\"");
        await host.SignalAsync("TERM");
        var result = (await host.EndAsync()).EndedWith(143);
        Assert.All(result.Lines, line => Assert.Equal(
            "localhost", JsonDocument.Parse(line).RootElement.GetProperty("Node").GetString()));
    }

    private async Task<ProcessResult> RunAsync(string command)
    {
        using var host = Start(command, "Json");
        return await host.EndAsync();
    }

    private RunningProcess Start(string command, string format)
    {
        var site = Path.Combine(_directory.FullName, "site.yaml");
        var ports = Directory.CreateDirectory(Path.Combine(_directory.FullName, "ports")).FullName;
        foreach (var port in Enumerable.Range(22000, 10))
        {
            File.WriteAllText(Path.Combine(ports, $"{port}"), "");
        }

        File.WriteAllText(
            site,
            $$"""
            nodes: { names: localhost, engineSocket: {{_directory.FullName}}/engine.sock, ssh: { client: local } }
            portArea: { path: {{ports}}, first: 22000, last: 22009 }
            environments: { debian12: { image: "registry.invalid/pisa/hpc@sha256:{{new string('0', 64)}}" } }
            static: { cs7: { environment: debian12, nodes: localhost, port: 2201 } }

            """);
        var environment = new Dictionary<string, string?>
        {
            ["PISAHPC_MODULE"] = null,
            ["PISAHPC_SITE"] = site,
            ["HOME"] = _directory.FullName,
        };
        return RunningProcess.Start(Repository.Host, ["-OutputFormat", format, "-Command", command], environment);
    }
}
