using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Environments;

/// <summary>Containers of real engines that were to be replaced and stay: whether users get into them then.</summary>
[Collection(LabTests.Name)]
public sealed class WayBackTests(LabFixture lab) : IDisposable
{
    /// <summary>As a drain that was killed in the container leaves it.</summary>
    private const string Shut = "echo 'This environment is about to be replaced. Log in again in a few minutes.' >/dev/shut"
        + " && ln -s /dev/shut /etc/nologin";

    private readonly HostedRunspace _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task One_that_a_killed_drain_left_shut_is_found_and_opened_and_a_power_cut_opens_it_by_itself()
    {
        await using var site = await StaticLab.OfAsync(_shell, lab);
        var (node, name) = (lab.Nodes[0], $"pisahpc-static-{site.Second}");
        site.Run("Sync-HpcEnvironment $Second -Node o2wn01 -Site $Site").Succeeded();
        site.Run("Export-HpcKnownHost $Second -Node o2wn01 -Path $KnownHosts -Site $Site").Succeeded();
        await StaticLab.InsideAsync(node, site.Second, Shut);
        var refused = await site.LoginAsync("o2wn01", site.Port + 1);
        Assert.Contains("about to be replaced", refused.Output + refused.Error, StringComparison.Ordinal);
        dynamic shut = site.Run("Compare-HpcEnvironment $Second -Node o2wn01 -Site $Site").Single();
        Assert.Equal(("LoginsClosed", "Error"), ((string)shut.Kind, (string)shut.Severity));

        var before = await StaticLab.IdAsync(node, site.Second);
        dynamic opened = site.Run("Sync-HpcEnvironment $Second -Node o2wn01 -Site $Site").Single();
        Assert.Equal(("Open", true, true), ((string)opened.Step, (bool)opened.Changed, (bool)opened.Ready));
        Assert.Equal(before, await StaticLab.IdAsync(node, site.Second));
        Assert.Equal("hpcuser", (await site.LoginAsync("o2wn01", site.Port + 1)).EndedWith(0).Output.Trim());

        await StaticLab.InsideAsync(node, site.Second, Shut);
        (await node.DockerAsync("kill", name)).EndedWith(0);
        (await node.DockerAsync("start", name)).EndedWith(0);
        Assert.Empty(site.Run("Compare-HpcEnvironment $Second -Node o2wn01 -Site $Site").Succeeded().Objects);
        Assert.Equal("hpcuser", (await site.LoginAsync("o2wn01", site.Port + 1)).EndedWith(0).Output.Trim());
    }

    [Fact]
    public async Task One_that_somebody_paused_goes_on_with_whoever_is_in_it()
    {
        await using var site = await StaticLab.OfAsync(_shell, lab);
        site.Run("Sync-HpcEnvironment $Second -Node o2wn01 -Site $Site").Succeeded();
        site.Run("Export-HpcKnownHost $Second -Node o2wn01 -Path $KnownHosts -Site $Site").Succeeded();
        var session = site.LoginAsync("o2wn01", site.Port + 1, "touch /tmp/here; while [ -e /tmp/here ]; do sleep 0.1; done; echo done");
        await StaticLab.InsideAsync(lab.Nodes[0], site.Second, "[ -e /tmp/here ]");
        (await lab.Nodes[0].DockerAsync("pause", $"pisahpc-static-{site.Second}")).EndedWith(0);
        dynamic planned = site.Run("Sync-HpcEnvironment $Second -Node o2wn01 -WhatIf -PassThru -Site $Site").Single();
        Assert.Equal(("Unpause", "Paused"), ((string)planned.Step, (string)planned.Reason));
        dynamic mended = site.Run("Sync-HpcEnvironment $Second -Node o2wn01 -Site $Site").Single();
        Assert.Equal(("Unpause", true, true), ((string)mended.Step, (bool)mended.Changed, (bool)mended.Ready));
        await StaticLab.InsideAsync(lab.Nodes[0], site.Second, "rm /tmp/here");
        Assert.Equal("done", (await session).EndedWith(0).Output.Trim());
    }

    [Fact]
    public async Task Where_what_a_restart_or_a_sync_makes_does_not_start_users_are_let_into_the_old_one()
    {
        await using var site = await StaticLab.OfAsync(_shell, lab);
        site.Run("Sync-HpcEnvironment $Second -Node o2wn01 -Site $Site").Succeeded();
        site.Run("Export-HpcKnownHost $Second -Node o2wn01 -Path $KnownHosts -Site $Site").Succeeded();
        var old = await StaticLab.IdAsync(lab.Nodes[0], site.Second);
        await site.ChangeAsync(
            $"{site.Second}: {{ environment: debian12,", $"{site.Second}: {{ environment: debian12, sshd: /bin/false, readyTimeout: 2s,");
        foreach (var command in (string[])["Restart-HpcContainer", "Sync-HpcEnvironment"])
        {
            site.Run($"{command} $Second -Node o2wn01 -GraceSec 1 -Site $Site").Failed("ContainerNotReady");
            Assert.Equal(old, await StaticLab.IdAsync(lab.Nodes[0], site.Second));
            Assert.Equal("hpcuser", (await site.LoginAsync("o2wn01", site.Port + 1)).EndedWith(0).Output.Trim());
            var policy = await lab.Nodes[0].DockerAsync("inspect", "--format", "{{.HostConfig.RestartPolicy.Name}}", old);
            Assert.Equal("unless-stopped", policy.EndedWith(0).Output.Trim());
        }

        Assert.Equal([$"pisahpc-static-{site.Second}"], await site.ContainersAsync(lab.Nodes[0]));
    }
}
