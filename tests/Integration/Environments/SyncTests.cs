using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Environments;

/// <summary>Static environments on real engines, brought to what is declared while users are logged in.</summary>
[Collection(LabTests.Name)]
public sealed class SyncTests(LabFixture lab) : IDisposable
{
    private const string Sync = "Sync-HpcEnvironment $First, $Second -GraceSec 1 -Site $Site";

    private readonly HostedRunspace _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task What_was_stopped_changed_and_removed_by_hand_is_mended_and_the_rest_is_not_touched()
    {
        await using var site = await StaticLab.OfAsync(_shell, lab);
        var planned = site.Run($"{Sync} -WhatIf -PassThru").Succeeded().Objects.Select(Words);
        Assert.Equal(4, planned.Count(line => line.EndsWith("Create True False", StringComparison.Ordinal)));
        Assert.Empty(await site.ContainersAsync(lab.Nodes[0]));
        Assert.Equal(4, site.Run(Sync).Succeeded().Objects.Select(Words).Count(IsMade));
        Assert.DoesNotContain(site.Run(Sync).Succeeded().Objects, item => (bool)((dynamic)item).Changed);

        var (first, second) = ($"pisahpc-static-{site.First}", $"pisahpc-static-{site.Second}");
        (await lab.Nodes[0].DockerAsync("update", "--memory", "512m", "--memory-swap", "512m", first)).EndedWith(0);
        (await lab.Nodes[0].DockerAsync("stop", "--time", "1", second)).EndedWith(0);
        (await lab.Nodes[1].DockerAsync("rm", "--force", second)).EndedWith(0);
        var untouched = await IdAsync(lab.Nodes[1], first);
        Assert.Equal(
            [
                "o2wn01 cs7 Replace True True", "o2wn01 deb12 Start True True", "o2wn02 cs7 None False True",
                "o2wn02 deb12 Create True True",
            ],
            site.Run(Sync).Succeeded().Objects.Select(Words).Order(StringComparer.Ordinal));
        Assert.Equal(untouched, await IdAsync(lab.Nodes[1], first));
        Assert.Empty(site.Run("Compare-HpcEnvironment $First, $Second -Site $Site").Succeeded().Objects);
        Assert.Equal([first, second], (await site.ContainersAsync(lab.Nodes[0])).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Users_keep_their_container_until_they_leave_it_and_a_caller_who_was_killed_holds_nothing()
    {
        await using var site = await StaticLab.OfAsync(_shell, lab);
        site.Run("Sync-HpcEnvironment $First -Site $Site").Succeeded();
        site.Run("Export-HpcKnownHost $First -Path $KnownHosts -Site $Site").Succeeded();
        await site.ChangeAsync("variables: { container: docker }", "variables: { container: docker, A: b }");
        var session = site.LoginAsync("o2wn02", site.Port, "touch /tmp/here; while [ -e /tmp/here ]; do sleep 0.1; done; echo done");
        await InsideAsync(site, "[ -e /tmp/here ]");

        var busy = site.Run("Sync-HpcEnvironment $First -GraceSec 1 -Site $Site");
        Assert.Equal(["StaticBusy"], busy.ErrorIds);
        Assert.Equal(
            ["o2wn01 cs7 Replace True True", "o2wn02 cs7 Replace False True"],
            busy.Objects.Select(Words).Order(StringComparer.Ordinal));
        Assert.Equal("hpcuser", (await site.LoginAsync("o2wn02", site.Port)).EndedWith(0).Output.Trim());

        using (var drain = Drain(site))
        {
            await InsideAsync(site, "[ -e /etc/nologin ]");
            var refused = await site.LoginAsync("o2wn02", site.Port);
            Assert.Contains("about to be replaced", refused.Output + refused.Error, StringComparison.Ordinal);
            site.Run("Sync-HpcEnvironment $First -Site $Site").Failed("StaticBeingSynced");
            await drain.SignalAsync("KILL");
        }

        await InsideAsync(site, "[ ! -e /etc/nologin ]");
        Assert.Equal("hpcuser", (await site.LoginAsync("o2wn02", site.Port)).EndedWith(0).Output.Trim());
        using var again = Drain(site);
        await InsideAsync(site, "[ -e /etc/nologin ]");
        await InsideAsync(site, "rm /tmp/here");
        Assert.Equal("done", (await session).EndedWith(0).Output.Trim());
        (await again.EndAsync()).EndedWith(0);
        Assert.Equal("b", (await site.LoginAsync("o2wn02", site.Port, "echo $A")).EndedWith(0).Output.Trim());
    }

    [Fact]
    public async Task An_image_that_does_not_start_leaves_the_old_one_and_prune_takes_what_is_not_declared()
    {
        await using var site = await StaticLab.OfAsync(_shell, lab);
        site.Run("Sync-HpcEnvironment $Second -Site $Site").Succeeded();
        var name = $"pisahpc-static-{site.Second}";
        var old = (await IdAsync(lab.Nodes[0], name), await IdAsync(lab.Nodes[1], name));
        await site.ChangeAsync(
            $"{site.Second}: {{ environment: debian12,", $"{site.Second}: {{ environment: debian12, sshd: /bin/false, readyTimeout: 2s,");
        var failed = site.Run("Sync-HpcEnvironment $Second -GraceSec 1 -Site $Site");
        Assert.Equal(["ContainerNotReady", "StaticSyncStopped"], failed.ErrorIds);
        dynamic back = Assert.Single(failed.Objects);
        Assert.Equal(("o2wn01", false, true, true), ((string)back.Node, (bool)back.Changed, (bool)back.Ready, (bool)back.RolledBack));
        Assert.Equal(old, (await IdAsync(lab.Nodes[0], name), await IdAsync(lab.Nodes[1], name)));
        Assert.Equal([name], await site.ContainersAsync(lab.Nodes[0]));

        await site.ChangeAsync(
            $"{site.Second}: {{ environment: debian12, sshd: /bin/false, readyTimeout: 2s,", $"next-{site.Mark}: {{ environment: debian12,");
        var pruned = site.Run("Sync-HpcEnvironment \"*-$($Second -replace '.*-')\" -Node o2wn01 -Prune -GraceSec 1 -Site $Site");
        Assert.Equal(
            ["o2wn01 cs7 Create True True", "o2wn01 deb12 Remove True False", "o2wn01 next Create True True"],
            pruned.Succeeded().Objects.Select(Words).Order(StringComparer.Ordinal));
        Assert.Equal([name], await site.ContainersAsync(lab.Nodes[1]));

        site.Run("Sync-HpcEnvironment $Second -Site $Site").Failed("StaticNotFound");
        dynamic named = site.Run("Sync-HpcEnvironment $Second -Prune -GraceSec 1 -Site $Site").Single();
        Assert.Equal(("o2wn02", "Remove", true), ((string)named.Node, (string)named.Step, (bool)named.Changed));
        site.Run("Sync-HpcEnvironment $Second -Prune -Site $Site").Failed("StaticNotFound");
    }

    private static bool IsMade(string line) => line.EndsWith("Create True True", StringComparison.Ordinal);

    private static string Words(dynamic item) =>
        $"{item.Node} {((string)item.Static)[..^7]} {item.Step} {(bool)item.Changed} {(bool)item.Ready}";

    private static Task<string> IdAsync(LabNode node, string name) => StaticLab.IdAsync(node, name["pisahpc-static-".Length..]);

    /// <summary>A caller of its own, who waits for the user on o2wn02.</summary>
    private static RunningProcess Drain(StaticLab site) =>
        site.Start($"Sync-HpcEnvironment {site.First} -DrainTimeoutSec 50 -GraceSec 1");

    private Task InsideAsync(StaticLab site, string command) => StaticLab.InsideAsync(lab.Nodes[1], site.First, command);
}
