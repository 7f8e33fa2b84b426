using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Environments;

/// <summary>Static environments on real engines, with logins by real sshds.</summary>
[Collection(LabTests.Name)]
public sealed class StaticEnvironmentTests(LabFixture lab) : IDisposable
{
    /// <summary>CAP_SYS_PTRACE and CAP_SYS_ADMIN (capabilities(7)).</summary>
    private const long CapabilitiesOfTheSource = (1L << 19) | (1L << 21);

    private readonly HostedRunspace _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task Two_on_each_of_two_nodes_are_started_logged_into_without_a_question_and_stopped()
    {
        await using var site = await StaticLab.OfAsync(_shell, lab);
        Assert.Equal(4, site.Run("Start-HpcContainer -Static $First, $Second -Site $Site -WhatIf -PassThru").Succeeded().Objects.Count);
        Assert.Empty(await site.ContainersAsync(lab.Nodes[0]));
        Assert.False(site.HasKeys(lab.Nodes[0], site.First));

        var started = site.Run("Start-HpcContainer -Static $First, $Second -Site $Site").Succeeded().Objects;
        Assert.Equal(4, started.Count(item => (bool)((dynamic)item).Changed && (bool)((dynamic)item).Ready));
        var again = site.Run("Start-HpcContainer -Static \"*-$($First -replace '.*-')\" -Site $Site").Succeeded().Objects;
        Assert.Equal(4, again.Count(item => !(bool)((dynamic)item).Changed && (bool)((dynamic)item).Ready));
        Assert.Empty(site.Run("Start-HpcContainer -Static $First, $Second -Site $Site -WhatIf").Succeeded().Objects);
        var seen = site.Run("Start-HpcContainer -Static $Second -Site $Site -WhatIf -PassThru").Succeeded().Objects;
        Assert.Equal(2, seen.Count(item => !(bool)((dynamic)item).Changed && ((dynamic)item).Ready is null));

        var exported = site.Run("Export-HpcKnownHost $First, $Second -Node o2wn02, o2wn01 -Path $KnownHosts -Site $Site")
            .Succeeded().Objects;
        Assert.Equal(["o2wn02", "o2wn01", "o2wn02", "o2wn01"], exported.Select(item => (string)((dynamic)item).Node));
        Assert.Equal(4, exported.Count(item => (bool)((dynamic)item).Changed));
        foreach (var node in (string[])["o2wn01", "o2wn02"])
        {
            Assert.Equal("hpcuser", (await site.LoginAsync(node, site.Port)).EndedWith(0).Output.Trim());
            Assert.Equal("otheruser", (await site.LoginAsync(node, site.Port + 1, user: "otheruser")).EndedWith(0).Output.Trim());
        }

        var outsider = await site.LoginAsync("o2wn01", site.Port, user: "otheruser");
        Assert.Contains("Permission denied", outsider.Error, StringComparison.Ordinal);
        await AssertAsTheSourceHasItAsync(site);
        Assert.Equal(
            ["o2wn01 root", "o2wn02 root"],
            site.Run("Invoke-ContainerCommand id '-un' -Static $Second -Site $Site").Succeeded().Objects.Cast<dynamic>()
                .Where(output => output.GetType().Name == "HpcContainerOutput").Select(line => $"{line.Node} {line.Text}").Order());
        site.Run("Copy-HpcContainerItem /etc/hostname /tmp -Static $First -Site $Site").Succeeded();
        Assert.Equal(
            [$"{site.First} 0", $"{site.Second} 1"],
            site.Run("Invoke-ContainerCommand test '-e', /tmp/hostname -Node o2wn01 -Quiet -Site $Site -ErrorAction Ignore").Objects.Cast<dynamic>()
                .Where(end => end.Static == site.First || end.Static == site.Second).Select(end => $"{end.Static} {end.ExitCode}").Order());

        dynamic stopped = site.Run("Stop-HpcContainer -Static $Second -Node o2wn01 -GraceSec 1 -Site $Site").Single();
        Assert.Equal(("o2wn01", site.Second, true), ((string)stopped.Node, (string)stopped.Static, (bool)stopped.Changed));
        Assert.False((bool)((dynamic)site.Run("Stop-HpcContainer -Static $Second -Node o2wn01 -Site $Site").Single()).Changed);
        site.Run("Wait-HpcContainer -Static $Second -Node o2wn01 -Site $Site").Failed("ContainerNotFound");
        Assert.True((bool)((dynamic)site.Run("Start-HpcContainer -Static $Second -Node o2wn01 -Site $Site").Single()).Changed);
        Assert.Equal("hpcuser", (await site.LoginAsync("o2wn01", site.Port + 1)).EndedWith(0).Output.Trim());

        Assert.Equal(2, site.Run("Get-HpcContainer -Static $Second -Site $Site | Wait-HpcContainer -Site $Site").Succeeded().Objects.Count);
        Assert.NotEmpty(site.Run("Get-HpcContainerLog -Static $Second -Node o2wn02 -Tail 3 -Site $Site").Succeeded().Objects);
        var gone = site.Run("Stop-HpcContainer -Static $First, $Second -GraceSec 1 -Site $Site").Succeeded().Objects;
        Assert.Equal(4, gone.Count(item => (bool)((dynamic)item).Changed));
        Assert.Empty(await site.ContainersAsync(lab.Nodes[1]));
    }

    [Fact]
    public async Task It_comes_back_with_the_same_host_key_when_its_main_process_is_killed_and_when_it_is_replaced()
    {
        await using var site = await StaticLab.OfAsync(_shell, lab);
        site.Run("Start-HpcContainer -Static $Second -Node o2wn01 -Site $Site").Succeeded();
        site.Run("Export-HpcKnownHost $Second -Node o2wn01 -Path $KnownHosts -Site $Site").Succeeded();
        var pid = (await lab.Nodes[0].DockerAsync("inspect", "--format", "{{.State.Pid}}", $"pisahpc-static-{site.Second}")).EndedWith(0);
        (await lab.Nodes[0].RunInsideAsync("kill", "-9", pid.Output.Trim())).EndedWith(0);
        await ComesBackAsync(site);

        await site.ChangeAsync($"port: {site.Port + 1}", $"port: {site.Port + 1}, variables: {{ NEW: '1' }}");
        site.Run("Start-HpcContainer -Static $Second -Node o2wn01 -Site $Site").Failed("StaticDiffers");
        dynamic replaced = site.Run("Restart-HpcContainer $Second -Node o2wn01 -GraceSec 1 -Site $Site").Single();
        Assert.Equal((true, true), ((bool)replaced.Changed, (bool)replaced.Ready));
        Assert.Equal("1", (await site.LoginAsync("o2wn01", site.Port + 1, "echo $NEW")).EndedWith(0).Output.Trim());
        Assert.Equal([$"pisahpc-static-{site.Second}"], await site.ContainersAsync(lab.Nodes[0]));
        Assert.False((bool)((dynamic)site.Run("Export-HpcKnownHost $Second -Node o2wn01 -Path $KnownHosts -Site $Site").Single()).Changed);
    }

    [Fact]
    [Trait(LabPart.Name, LabPart.Alone)]
    public async Task It_comes_back_with_its_engine()
    {
        await using var site = await StaticLab.OfAsync(_shell, lab);
        site.Run("Start-HpcContainer -Static $Second -Node o2wn01 -Site $Site").Succeeded();
        site.Run("Export-HpcKnownHost $Second -Node o2wn01 -Path $KnownHosts -Site $Site").Succeeded();

        // By ssh, as an admin does: a daemon belongs to the control group in which it was started, and the lab knows its own by that.
        (await RunningProcess.RunAsync("ssh", ["-F", lab.State.SshConfig, "o2wn01", "/run/engine/engine.sh restart"])).EndedWith(0);
        await ComesBackAsync(site);
        Assert.False((bool)((dynamic)site.Run("Start-HpcContainer -Static $Second -Node o2wn01 -Site $Site").Single()).Changed);
    }

    [Fact]
    public async Task An_image_s_own_init_is_its_first_process_and_starts_the_image_s_sshd()
    {
        const string Declared = "environment: debian12, nodes: o2wn02, port: PORT, imageInit: /sbin/init";
        await using var site = await StaticLab.OfAsync(
            _shell, lab, $"  init-MARK: {{ {Declared}, mounts: [ /bin/busybox:/sbin/init:ro, INITTAB:/etc/inittab:ro ] }}\n");
        await site.ChangeAsync("INITTAB", site.Inittab);
        site.Run("Start-HpcContainer -Static \"init-$($First -replace '.*-')\" -Site $Site").Succeeded();
        site.Run("Export-HpcKnownHost \"init-$($First -replace '.*-')\" -Path $KnownHosts -Site $Site").Succeeded();
        var login = await site.LoginAsync("o2wn02", site.Port + 2, "id -un; cat /proc/1/comm; grep -c ' /run ' /proc/mounts");
        Assert.Equal(["hpcuser", "init", "1"], login.EndedWith(0).Lines);
    }

    [Fact]
    public async Task What_cannot_be_started_has_an_error_of_its_own_and_leaves_nothing()
    {
        await using var site = await StaticLab.OfAsync(
            _shell,
            lab,
            """
              again-MARK: { environment: tiny, nodes: o2wn01, port: PORT }
              second-MARK: { environment: tiny, nodes: o2wn01, port: PORT }
              trusts-MARK: { environment: tiny, nodes: o2wn01, port: FREE, logins: { accounts: nslcd } }
              deaf-MARK: { environment: tiny, nodes: o2wn02, port: PORT, sshd: /bin/false, readyTimeout: 2s }
              ssh-MARK: { environment: tiny, nodes: o2wn02, port: 22 }

            """);
        Assert.Equal("StaticNotFound", Id(site, "nobody"));
        site.Run("Start-HpcContainer -Static $First -Node o2wn09 -Site $Site").Failed("InvalidValue");
        Assert.Equal("PlanConflict", Id(site, $"second-{site.Mark}"));
        Assert.Equal("MountSourceMissing", Id(site, $"trusts-{site.Mark}"));
        Assert.Equal("ContainerNotReady", Id(site, $"deaf-{site.Mark}"));
        Assert.Equal("PortInUse", Id(site, $"ssh-{site.Mark}"));
        site.Run($"Start-HpcContainer -Static 'ssh-{site.Mark}' -Site $Site -WhatIf").Failed("PortInUse");
        site.Run("Export-HpcKnownHost $First -Node o2wn01 -Site $Site").Failed("ContainerNotFound");
        site.Run("Stop-HpcContainer -Static nobody -Node o2wn01, o2wn02 -Site $Site").Failed("StaticNotFound");

        Assert.Empty(await site.ContainersAsync(lab.Nodes[0]));
        Assert.Empty(await site.ContainersAsync(lab.Nodes[1]));
        var rules = site.Run("Test-HpcSite -Site $Site").Succeeded().Objects.Select(item => (string)((dynamic)item).Rule).ToList();
        Assert.Equal(2, rules.Count(rule => rule == "StaticPortTaken"));
    }

    private static long Bounds(string seen) => Convert.ToInt64(
        seen.Split('\n').Single(line => line.StartsWith("CapBnd:", StringComparison.Ordinal))["CapBnd:".Length..].Trim(), 16);

    private static string Id(StaticLab site, string name) =>
        Assert.Single(site.Run($"Start-HpcContainer -Static '{name}' -Site $Site").ErrorIds);

    private static async Task ComesBackAsync(StaticLab site)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((await site.LoginAsync("o2wn01", site.Port + 1)).ExitCode != 0)
        {
            patience.Token.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Option by option what the container has that a cluster's admin started by hand, as a user who logged in sees it.</summary>
    private static async Task AssertAsTheSourceHasItAsync(StaticLab site)
    {
        const string Look = "df -P /dev/shm | tail -n 1; cat /proc/1/comm; hostname; grep CapBnd /proc/1/status; ls /dev/infiniband; "
            + "echo $container; grep -E ' /sys/fs/cgroup ' /proc/mounts; grep Seccomp: /proc/1/status; ls -d /afs; pwd; id -Gn";
        var seen = (await site.LoginAsync("o2wn01", site.Port, Look)).EndedWith(0).Output;
        Assert.Contains("8388608", seen, StringComparison.Ordinal);
        Assert.Contains("docker-init\no2wn01\n", seen, StringComparison.Ordinal);
        Assert.Equal(CapabilitiesOfTheSource, CapabilitiesOfTheSource & Bounds(seen));
        Assert.Contains("rdma_cm\numad0\nuverbs0", seen, StringComparison.Ordinal);
        Assert.Contains("\ndocker\n", seen, StringComparison.Ordinal);
        Assert.Matches(@"/sys/fs/cgroup \S+ ro", seen);
        Assert.Contains("Seccomp:\t0", seen, StringComparison.Ordinal);
        Assert.Contains("/afs\n/var/lib/pisahpc-lab/shared/home/hpcuser\n", seen, StringComparison.Ordinal);
        Assert.Contains("hpcstage", seen, StringComparison.Ordinal);
    }
}
