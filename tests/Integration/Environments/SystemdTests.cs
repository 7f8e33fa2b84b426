using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Environments;

/// <summary>A static environment whose first process is systemd.</summary>
[Collection(LabTests.Name)]
public sealed class SystemdTests(LabFixture lab) : IDisposable
{
    private readonly HostedRunspace _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task Systemd_runs_with_the_engine_s_own_rights_lets_users_in_and_leaves_the_node_s_control_groups_alone()
    {
        var images = await RunningProcess.RunAsync(
            Path.Combine(Repository.Root, "lab", "lab.sh"), ["images", "init"], patience: TimeSpan.FromMinutes(10));
        images.EndedWith(0);
        await using var site = await StaticLab.OfAsync(
            _shell, lab, "  systemd-MARK: { environment: systemd, nodes: o2wn02, port: PORT, imageInit: /usr/sbin/init, logins: { users: hpcuser } }\n");
        await site.ChangeAsync("environments:\n", "environments:\n  systemd: { image: pisa/init:deb12 }\n");
        var name = $"systemd-{site.Mark}";
        var before = await GroupsAsync();
        site.Run($"Start-HpcContainer -Static {name} -Site $Site").Succeeded();
        site.Run($"Export-HpcKnownHost {name} -Path $KnownHosts -Site $Site").Succeeded();

        var login = await site.LoginAsync(
            "o2wn02", site.Port + 2, "systemctl is-system-running --wait; cat /proc/1/comm; systemctl is-active ssh; systemctl --failed --no-legend");
        Assert.Equal(["running", "systemd", "active"], login.EndedWith(0).Lines);
        // The last mount on a path is the one that is seen.
        var mounts = (await site.LoginAsync("o2wn02", site.Port + 2, "grep ' /sys/fs/cgroup/' /proc/mounts")).EndedWith(0).Lines
            .Select(line => line.Split(' ')).GroupBy(mount => mount[1], mount => mount[3][..2]).Select(mount => (mount.Key, mount.Last()));
        Assert.All(mounts, mount => Assert.Equal(mount.Key == "/sys/fs/cgroup/systemd" ? "rw" : "ro", mount.Item2));

        Assert.True((bool)((dynamic)site.Run($"Stop-HpcContainer -Static {name} -Site $Site").Single()).Changed);
        Assert.Equal(before, await GroupsAsync());
    }

    /// <summary>How the node's control groups are mounted.</summary>
    private async Task<IReadOnlyList<string>> GroupsAsync() =>
        (await lab.Nodes[1].RunInsideAsync("grep", " /sys/fs/cgroup", "/proc/self/mountinfo")).EndedWith(0).Lines;
}
