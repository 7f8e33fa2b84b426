using System.Diagnostics;
using PisaHpc.Integration.Harness;
using PisaHpc.Integration.Jobs;

namespace PisaHpc.Integration.Containers;

[Collection(LabTests.Name)]
public sealed class LogTests(LabFixture lab) : IDisposable
{
    private readonly HostedRunspace _shell = new();
    private readonly string _seen = Path.GetTempFileName();

    public void Dispose()
    {
        _shell.Dispose();
        File.Delete(_seen);
    }

    [Fact]
    public async Task Every_container_s_log_is_followed_however_few_nodes_are_asked_at_a_time()
    {
        await using var job = new LabJob(_shell, lab, "follow");
        job.Run("$allocation | Start-HpcJob -Environment tiny").Succeeded();
        using var stop = new CancellationTokenSource();
        var following = job.RunAsync(
            $$"""
            Get-HpcContainer -JobId $JobId | Get-HpcContainerLog -Follow -ThrottleLimit 1 |
                ForEach-Object { [IO.File]::AppendAllText('{{_seen}}', "$($_.Node) ") }
            """,
            stop.Token);

        var clock = Stopwatch.StartNew();
        while (!await HasSeenAsync("o2wn01") || !await HasSeenAsync("o2wn02"))
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), await File.ReadAllTextAsync(_seen, CancellationToken.None));
        }

        await stop.CancelAsync();
        Assert.True((await following).Stopped);
    }

    private async Task<bool> HasSeenAsync(string node) =>
        (await File.ReadAllTextAsync(_seen, CancellationToken.None)).Contains(node, StringComparison.Ordinal);
}
