using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Environments;

/// <summary>The caller of a sync is killed when a phase on a real node begins, and somebody runs it again.</summary>
[Collection(LabTests.Name)]
public sealed class SyncKillTests(LabFixture lab) : IDisposable
{
    private readonly HostedRunspace _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task The_next_run_ends_clean_and_there_never_are_two_nor_none()
    {
        await using var site = await StaticLab.OfAsync(
            _shell, lab, "  kill-MARK: { environment: tiny, nodes: o2wn01, port: PORT, variables: { A: start } }\n");
        var (name, old) = ($"kill-{site.Mark}", "start");
        site.Run($"Sync-HpcEnvironment {name} -Site $Site").Succeeded();
        foreach (var phase in (string[])
            ["waiting until nobody works in it", "starting the container", "waiting until it is ready", "removing containers"])
        {
            var next = phase.Split(' ')[^1];
            await site.ChangeAsync($"A: {old}", $"A: {next}");
            old = next;
            using (var killed = site.Start($"Sync-HpcEnvironment {name} -GraceSec 1 -Verbose"))
            {
                await killed.SaysAsync($"o2wn01: {phase}");
                await killed.TrySignalAsync("KILL");
            }

            Assert.InRange((await RunningAsync(site)).Count, 0, 1);
            Assert.NotEmpty(await site.ContainersAsync(lab.Nodes[0]));
            await AgainAsync(site, name);
            Assert.Equal([$"pisahpc-static-{name}"], await site.ContainersAsync(lab.Nodes[0]));
            Assert.Empty(site.Run($"Compare-HpcEnvironment {name} -Site $Site").Succeeded().Objects);
        }

        await site.ChangeAsync($"A: {old}", "A: interrupted");
        using var stopped = site.Start($"Sync-HpcEnvironment {name} -GraceSec 1 -Verbose");
        await stopped.SaysAsync("o2wn01: starting the container");
        await stopped.SignalAsync("INT");
        Assert.Matches(
            $@"Static environment {name}: (1 container was taken back from o2wn01; )?the container of before is back on o2wn01\.",
            (await stopped.EndAsync()).EndedWith(130).Error);
    }

    [Fact]
    public async Task One_that_is_stopped_as_a_job_of_the_session_puts_the_container_of_before_back()
    {
        await using var site = await StaticLab.OfAsync(
            _shell, lab, "  job-MARK: { environment: tiny, nodes: o2wn01, port: PORT, variables: { A: before } }\n");
        var name = $"job-{site.Mark}";
        site.Run($"Sync-HpcEnvironment {name} -Site $Site").Succeeded();
        await site.ChangeAsync("A: before", "A: after");

        var said = site.Run(
            $$"""
            $sync = Sync-HpcEnvironment {{name}} -GraceSec 1 -Site $Site -AsJob
            while ($sync.State -eq 'Running' -and $sync.Progress.StatusDescription -notcontains 'starting the container') {
                [System.Threading.Thread]::Sleep(10)
            }
            Stop-Job $sync
            "$($sync.State)"
            $sync.Warning.Message
            Remove-Job $sync
            """).Succeeded().Objects.Select(line => $"{line}").ToList();

        Assert.Equal("Stopped", said[0]);
        Assert.Contains("the container of before is back on o2wn01.", said[^1], StringComparison.Ordinal);
        Assert.Equal([$"pisahpc-static-{name}"], await site.ContainersAsync(lab.Nodes[0]));
        Assert.Single(await RunningAsync(site));
        Assert.NotEmpty(site.Run($"Compare-HpcEnvironment {name} -Site $Site").Succeeded().Objects);
    }

    private async Task<IReadOnlyList<string>> RunningAsync(StaticLab site) =>
        [.. (await lab.Nodes[0].DockerAsync("ps", "--format", "{{.Names}}")).EndedWith(0).Lines.Where(
            name => name.EndsWith(site.Mark, StringComparison.Ordinal))];

    /// <summary>The node finds out in a moment that the first one is gone.</summary>
    private static async Task AgainAsync(StaticLab site, string name)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (site.Run($"Sync-HpcEnvironment {name} -GraceSec 1 -Site $Site").ErrorIds is { Count: > 0 } ids)
        {
            Assert.Equal(["StaticBeingSynced"], ids);
            await Task.Delay(100, patience.Token);
        }
    }
}
