using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Docs;

/// <summary>The pre-exec that about_PisaHpc_Hooks shows, run as it stands there by a batch system's environment.</summary>
[Collection(LabTests.Name)]
public sealed class HookScriptTests(LabFixture lab) : IAsyncLifetime
{
    private const string Documented = "Start-HpcJob -TimeoutSec 300";

    private readonly string _jobId = LabFixture.NewJobId("hook");
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pisahpc-hook-");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        _directory.Delete(recursive: true);
        (await RunningProcess.RunAsync(Repository.Host, ["-Command", $"Stop-HpcJob '{_jobId}' -GraceSec 0"])).EndedWith(0);
        await lab.AssertNothingLeftAsync(_jobId);
    }

    [Theory]
    [InlineData("o2wn01 1 o2wn02 1", " -Memlock unlimited", 75, "LimitRefused")]
    [InlineData("o2wn01 1 o2wn02 1", " -Memory 64m -ShmSize 128m", 1, "does not fit into memory")]
    [InlineData("o2wn01 1 o2wn02 1", "", 0, "")]
    public async Task It_asks_for_a_requeue_where_a_node_failed_and_nothing_is_left(
        string hosts, string options, int exitCode, string words)
    {
        var page = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "about", "about_PisaHpc_Hooks.md"));
        var script = page.Split("```powershell\n").Single(part => part.StartsWith("#!", StringComparison.Ordinal)).Split("```")[0];
        Assert.Contains(Documented, script, StringComparison.Ordinal);
        var hook = Path.Combine(_directory.FullName, "pre-exec");
        await File.WriteAllTextAsync(
            hook, script.Replace(Documented, $"{Documented} -Environment tiny{options}", StringComparison.Ordinal));

        var end = (await RunningProcess.RunAsync(Repository.Host, [hook], Environment(hosts))).EndedWith(exitCode);

        Assert.Contains(words, end.Error, StringComparison.Ordinal);
        if (exitCode != 0)
        {
            await lab.AssertNothingLeftAsync(_jobId);
        }
    }

    [Theory]
    [InlineData("start -Environment tiny", 0)]
    [InlineData("start -Environment nonesuch", 99)]
    [InlineData("start -Color", 99)]
    public async Task The_one_in_sh_ends_a_job_of_LSF_that_cannot_start(string start, int exitCode)
    {
        var page = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "about", "about_PisaHpc_Hooks.md"));
        var script = page.Split("```sh\n").Single(part => part.StartsWith("#!", StringComparison.Ordinal)).Split("```")[0];
        var hook = Path.Combine(_directory.FullName, "pre-exec");
        await File.WriteAllTextAsync(
            hook,
            script.Replace("pisahpc-hook start", $"{Repository.Hook} {start}", StringComparison.Ordinal)
                .Replace("/etc/pisahpc/site.yaml", lab.State.Site, StringComparison.Ordinal));

        (await RunningProcess.RunAsync("sh", [hook], Environment("o2wn01 1 o2wn02 1"))).EndedWith(exitCode);
    }

    private Dictionary<string, string?> Environment(string hosts) => new()
    {
        ["LSB_JOBID"] = _jobId,
        ["LSB_QUEUE"] = "hpc",
        ["LSFUSER"] = "hpcuser",
        ["LSB_MCPU_HOSTS"] = hosts,
    };
}
