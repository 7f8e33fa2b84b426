using System.Text.Json;
using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Docs;

/// <summary>
/// The page that leads from nothing to a job, as a new admin follows it, with the lab's registry and shared directory. It restarts engines,
/// as on a cluster, and they are put back.
/// </summary>
[Collection(LabTests.Name)]
[Trait(LabPart.Name, LabPart.Alone)]
public sealed class FirstSiteTests(LabFixture lab) : IAsyncLifetime
{
    private const string EngineFile = "/etc/docker/daemon.json";

    private readonly string _jobId = LabFixture.NewJobId("first");
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pisahpc-first-");
    private string _engine = "";

    private string Site => Path.Combine(_directory.FullName, "etc", "site.yaml");

    private string Ports => Path.Combine(lab.State.Shared, $"{_jobId}-ports");

    private Dictionary<string, string?> Environment => new() { ["PISAHPC_SITE"] = Site };

    private IEnumerable<string> Nodes => lab.Nodes.Take(2).Select(node => node.Name);

    public async Task InitializeAsync() => _engine = await File.ReadAllTextAsync(lab.Nodes[0].PathOf(EngineFile));

    public async Task DisposeAsync()
    {
        if (File.Exists(Site))
        {
            (await PisaHpcAsync($"Stop-HpcJob '{_jobId}' -GraceSec 0")).EndedWith(0);
        }

        await Task.WhenAll(Nodes.Select(PutEngineBackAsync));
        _directory.Delete(recursive: true);
        if (Directory.Exists(Ports))
        {
            Directory.Delete(Ports, recursive: true);
        }

        await lab.AssertNothingLeftAsync(_jobId);
    }

    [Fact]
    public async Task Three_commands_lead_from_nothing_to_a_job()
    {
        var page = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "about", "about_PisaHpc_FirstSite.md"));
        var commands = page.Split("```powershell\n").Skip(1).Select(block => Here(block.Split("```")[0].TrimEnd())).ToArray();

        // Nobody can answer, so that nobody has looked at the keys.
        var asked = (await PisaHpcAsync(commands[0])).EndedWith(1);
        Assert.Contains("\"id\":\"HostKeyUnknown\"", asked.Error, StringComparison.Ordinal);
        Assert.Contains(await FingerprintAsync("o2wn02"), asked.Error, StringComparison.Ordinal);
        var dry = (await PisaHpcAsync($"({commands[0]} -WhatIf -PassThru).Text")).EndedWith(0);
        Assert.Contains("names: [ 'o2wn[01-02]' ]", dry.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.GetDirectoryName(Site)));

        Assert.Equal((true, 2), await WrittenAsync(commands[0] + " -AcceptHostKey"));
        Assert.Equal((false, 0), await WrittenAsync(commands[0]));
        var other = commands[0] + " -LastPort 22500";
        Assert.Contains("is there already", (await PisaHpcAsync(other)).EndedWith(1).Error, StringComparison.Ordinal);
        Assert.Equal((true, 0), await WrittenAsync(other + " -Force"));
        Assert.Equal((true, 0), await WrittenAsync(commands[0] + " -Force"));

        // The editor's part: a node of the lab has no systemd.
        var engine = (await File.ReadAllTextAsync(lab.State.Site)).Split("\nengine:\n")[1].Split("\ndefaults:\n")[0];
        await File.AppendAllTextAsync(Site, $"engine:\n{engine}\n");
        var run = (await PisaHpcAsync(string.Join('\n', commands[1..]))).EndedWith(0);
        Assert.Contains("\"Succeeded\": true", run.Output, StringComparison.Ordinal);
        Assert.Contains("\"State\": \"Stopped\"", run.Output, StringComparison.Ordinal);
    }

    /// <summary>The page's command with what the lab calls otherwise.</summary>
    private string Here(string command) => command
        .Replace("registry.cluster:5000", "registry.lab:5000", StringComparison.Ordinal)
        .Replace("/gpfs/pisahpc-ports", Ports, StringComparison.Ordinal)
        .Replace("/gpfs", lab.State.Shared, StringComparison.Ordinal)
        .Replace("JobId first", $"JobId {_jobId}", StringComparison.Ordinal)
        .Replace("Stop-HpcJob first", $"Stop-HpcJob {_jobId}", StringComparison.Ordinal)
        .Replace("New-HpcSite ", $"New-HpcSite -KeyFile '{lab.State.SshKey}' ", StringComparison.Ordinal);

    /// <summary>Whether a command changed anything, and how many keys it took.</summary>
    private async Task<(bool Changed, int NewKeys)> WrittenAsync(string command)
    {
        using var made = JsonDocument.Parse((await PisaHpcAsync(command)).EndedWith(0).Output);
        Assert.Equal(0, made.RootElement.GetProperty("Findings").GetArrayLength());
        return (made.RootElement.GetProperty("Changed").GetBoolean(), made.RootElement.GetProperty("NewKeys").GetArrayLength());
    }

    private static async Task<string> FingerprintAsync(string node)
    {
        var keys = await RunningProcess.RunAsync("bash", ["-c", $"ssh-keyscan -t ed25519 {node} 2>/dev/null | ssh-keygen -lf -"]);
        return keys.EndedWith(0).Output.Split(' ')[1];
    }

    private async Task PutEngineBackAsync(string node)
    {
        var script = $"cmp -s - {EngineFile} || {{ rm -f {EngineFile}.pisahpc-*; exit 3; }}";
        var ssh = (string[])["-F", lab.State.SshConfig, node];
        if ((await RunningProcess.RunAsync("ssh", [.. ssh, script], input: _engine)).ExitCode == 3)
        {
            (await RunningProcess.RunAsync("ssh", [.. ssh, $"cat > {EngineFile}"], input: _engine)).EndedWith(0);
            (await RunningProcess.RunAsync("ssh", [.. ssh, "/run/engine/engine.sh restart"])).EndedWith(0);
        }
    }

    private Task<ProcessResult> PisaHpcAsync(string command) =>
        RunningProcess.RunAsync(Repository.Host, ["-OutputFormat", "Json", "-Command", command], Environment);
}
