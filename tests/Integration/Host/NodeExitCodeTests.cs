using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Host;

/// <summary>Exit codes as about_PisaHpc_Automation has them, where it takes nodes that answer.</summary>
[Collection(LabTests.Name)]
public sealed class NodeExitCodeTests(LabFixture lab) : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pisahpc-codes-");

    private string Site => Path.Combine(_directory.FullName, "site.yaml");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task A_site_whose_keys_nobody_has_looked_at_is_not_written_and_is_1()
    {
        var result = (await NewSiteAsync("o2wn01")).EndedWith(1);
        Assert.Contains("\"id\":\"HostKeyUnknown\"", result.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Site));
    }

    [Fact]
    public async Task A_site_of_which_some_nodes_are_silent_is_written_with_the_others_keys_and_is_1()
    {
        var result = (await NewSiteAsync("o2wn01, no-such-node -AcceptHostKey")).EndedWith(1);
        Assert.Contains("\"id\":\"NodeUnreachable\"", result.Error, StringComparison.Ordinal);
        Assert.Contains("no-such-node", await File.ReadAllTextAsync(Site), StringComparison.Ordinal);
        var keys = await File.ReadAllTextAsync(Path.Combine(_directory.FullName, "known_hosts"));
        Assert.StartsWith("o2wn01 ", keys, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wait_for_what_comes_is_0()
    {
        var job = LabFixture.NewJobId("wait");
        const string Start = "Get-HpcAllocation -Node o2wn01 -Slot 1 -Owner hpcuser -JobId {0} | Start-HpcJob -Environment tiny -AsJob";
        const string Script = "$start = " + Start + "; Wait-HpcJob {0} -TimeoutSec 60; $null = $start | Receive-Job -Wait; "
            + "$null = Stop-HpcJob {0} -GraceSec 0; Wait-HpcJob {0} Stopped -TimeoutSec 60";
        var command = Script.Replace("{0}", $"'{job}'", StringComparison.Ordinal);
        var result = (await HostProcess.RunAsync("-OutputFormat", "Jsonl", "-Command", command)).EndedWith(0);
        Assert.Equal(2, result.Lines.Count);
        Assert.Contains("\"State\":\"Running\"", result.Lines[0], StringComparison.Ordinal);
        Assert.Contains("\"State\":\"Stopped\"", result.Lines[1], StringComparison.Ordinal);
        await lab.AssertNothingLeftAsync(job);
    }

    private Task<ProcessResult> NewSiteAsync(string nodes) => HostProcess.RunAsync(
        "-OutputFormat",
        "Json",
        "-Command",
        $"New-HpcSite -Path '{Site}' -KeyFile '{lab.State.SshKey}' -Registry registry.lab:5000 -Image pisa/hpc:deb12 "
            + $"-PortArea '{lab.State.Shared}' {nodes}");
}
