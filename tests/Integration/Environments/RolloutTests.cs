using System.Globalization;
using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Environments;

/// <summary>Three static environments on four real nodes, and one of those nodes that loses its power.</summary>
[Collection(LabTests.Name)]
[Trait(LabPart.Name, LabPart.Alone)]
public sealed class RolloutTests : IDisposable
{
    private const string Third = "  third-MARK: { environment: tiny, nodes: 'o2wn[01-04]', port: PORT }\n";

    private const string Images = "registry.lab:5000/pisa/rollout";

    private readonly HostedRunspace _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task What_somebody_did_by_hand_is_mended_and_a_new_image_goes_round_with_one_node_without_it_at_a_time()
    {
        var lab = await LabFixture.WithNodesAsync(4);
        var nodes = lab.Nodes.Take(4).ToArray();
        try
        {
            await using var site = await StaticLab.OfAsync(_shell, lab, Third, nodes: 4);
            await MendAsync(site, nodes);
            await PublishAsync(nodes[0], site.Mark, "2");
            await RollOutAsync(site, nodes);
        }
        finally
        {
            await Task.WhenAll(nodes.Select(RemoveImagesAsync));
        }
    }

    [Fact]
    public async Task With_its_node_it_comes_back_as_it_was_and_a_sync_beside_it_starts_no_second_one()
    {
        var lab = await LabFixture.WithNodesAsync(3);
        await using var site = await StaticLab.OfAsync(
            _shell, lab, "  boot-MARK: { environment: tiny, nodes: o2wn03, port: PORT }\n", nodes: 3);
        var name = $"boot-{site.Mark}";
        site.Run($"Sync-HpcEnvironment {name} -Site $Site").Succeeded();
        site.Run($"Export-HpcKnownHost {name} -Path $KnownHosts -Site $Site").Succeeded();
        var before = await StaticLab.IdAsync(lab.Nodes[2], name);
        try
        {
            await RunLabAsync("reboot", "o2wn03");
        }
        finally
        {
            await RunLabAsync("up");
            await lab.InitializeAsync();
        }

        Assert.Empty(site.Run($"Sync-HpcEnvironment {name} -GraceSec 1 -Site $Site").ErrorIds);
        Assert.Empty(site.Run($"Compare-HpcEnvironment {name} -Site $Site").Succeeded().Objects);
        Assert.Equal([$"pisahpc-static-{name}"], await site.ContainersAsync(lab.Nodes[2]));
        Assert.Equal(before, await StaticLab.IdAsync(lab.Nodes[2], name));
        Assert.False((bool)((dynamic)site.Run($"Export-HpcKnownHost {name} -Path $KnownHosts -Site $Site").Single()).Changed);
    }

    private static async Task MendAsync(StaticLab site, LabNode[] nodes)
    {
        var all = $"$First, $Second, third-{site.Mark} -Site $Site";
        await site.ChangeAsync(
            "environments:\n",
            $"environments:\n  roll-{site.Mark}: {{ image: 'pisa/rollout:{site.Mark}' }}\n  placed: {{ static: {site.Second} }}\n");
        await site.ChangeAsync(
            $"{site.Second}: {{ environment: debian12", $"{site.Second}: {{ jobs: true, environment: roll-{site.Mark}");
        await PublishAsync(nodes[0], site.Mark, "1");
        Assert.Equal(12, site.Run($"Sync-HpcEnvironment {all}").Succeeded().Objects.Count(item => (bool)((dynamic)item).Changed));
        Assert.Empty(site.Run($"Compare-HpcEnvironment {all}").Succeeded().Objects);

        (await nodes[0].DockerAsync("stop", "--time", "1", $"pisahpc-static-{site.First}")).EndedWith(0);
        (await nodes[1].DockerAsync("update", "--restart", "no", $"pisahpc-static-third-{site.Mark}")).EndedWith(0);
        (await nodes[2].DockerAsync("rm", "--force", $"pisahpc-static-{site.Second}")).EndedWith(0);
        Assert.Equal(
            ["o2wn01 NotRunning", "o2wn02 Option", "o2wn03 Missing"],
            site.Run($"Compare-HpcEnvironment {all}").Succeeded().Objects.Cast<dynamic>()
                .Select(item => $"{item.Node} {item.Kind}").Order(StringComparer.Ordinal));
        Assert.Equal(
            ["o2wn01 Start", "o2wn02 Replace", "o2wn03 Create"],
            site.Run($"Sync-HpcEnvironment {all} -GraceSec 1").Succeeded().Objects.Cast<dynamic>().Where(item => (bool)item.Changed)
                .Select(item => $"{item.Node} {item.Step}").Order(StringComparer.Ordinal));
    }

    /// <summary>A user works on the fourth node all the while, and ranks of MPI compute there: both keep their container.</summary>
    private static async Task RollOutAsync(StaticLab site, LabNode[] nodes)
    {
        site.Run("Export-HpcKnownHost $Second -Path $KnownHosts -Site $Site").Succeeded();
        var session = site.LoginAsync("o2wn04", site.Port + 1, "touch /tmp/here; while [ -e /tmp/here ]; do sleep 0.1; done; echo done");
        await StaticLab.InsideAsync(nodes[3], site.Second, "[ -e /tmp/here ]");
        using var ranks = site.Start(
            $"Get-HpcAllocation -Node o2wn04 -Slot 4 -JobId {LabFixture.NewJobId("ranks")} -Owner hpcuser "
            + $"| Invoke-ContainerMpi -Static {site.Second} -Quiet "
            + "-Command sh -ArgumentList '-c', 'touch /tmp/ranks; while [ -e /tmp/ranks ]; do sleep 0.1; done'");
        await StaticLab.InsideAsync(nodes[3], site.Second, "[ -e /tmp/ranks ]");
        var since = DateTimeOffset.UtcNow;
        Assert.Equal(["StaticBusy"], site.Run("Sync-HpcEnvironment $Second -GraceSec 1 -Site $Site").ErrorIds);
        var events = await Task.WhenAll(nodes.Select(node => EndsAndStartsAsync(node, site.Second, since)));
        Assert.Equal(
            ["o2wn01 die", "o2wn01 start", "o2wn02 die", "o2wn02 start", "o2wn03 die", "o2wn03 start"],
            events.SelectMany(ofNode => ofNode).OrderBy(item => item.Time).Select(item => item.Text));
        Assert.Equal(
            ["o2wn04 Image"],
            site.Run("Compare-HpcEnvironment $Second -Site $Site").Succeeded().Objects.Cast<dynamic>()
                .Select(item => $"{item.Node} {item.Kind}"));
        await StaticLab.InsideAsync(nodes[3], site.Second, "rm /tmp/ranks");
        Assert.Contains("Succeeded", (await ranks.EndAsync()).EndedWith(0).Output, StringComparison.Ordinal);
        await StaticLab.InsideAsync(nodes[3], site.Second, "rm /tmp/here");
        Assert.Equal("done", (await session).EndedWith(0).Output.Trim());
        site.Run("Sync-HpcEnvironment $Second -GraceSec 1 -Site $Site").Succeeded();
        Assert.Equal("2", (await site.LoginAsync("o2wn04", site.Port + 1, "cat /etc/rollout")).EndedWith(0).Output.Trim());
    }

    /// <summary>When an environment's containers on a node ended and started, in nanoseconds; all nodes have one clock.</summary>
    private static async Task<IEnumerable<(long Time, string Text)>> EndsAndStartsAsync(LabNode node, string name, DateTimeOffset since)
    {
        var events = await node.DockerAsync(
            "events", "--filter", $"label=pisahpc.static={name}", "--filter", "event=die", "--filter", "event=start",
            "--since", Seconds(since), "--until", Seconds(DateTimeOffset.UtcNow), "--format", "{{.TimeNano}} {{.Action}}");
        return events.EndedWith(0).Lines.Where(line => line.Length > 0).Select(line => line.Split(' '))
            .Select(parts => (long.Parse(parts[0], CultureInfo.InvariantCulture), $"{node.Name} {parts[1]}"));
    }

    private static string Seconds(DateTimeOffset time) =>
        string.Create(CultureInfo.InvariantCulture, $"{time.ToUnixTimeMilliseconds() / 1000m:0.000}");

    /// <summary>An image of the lab's with a file of its own, under one name at the registry.</summary>
    private static async Task PublishAsync(LabNode node, string mark, string number)
    {
        var (name, image) = ($"rollout-{mark}", $"{Images}:{mark}");
        (await node.DockerAsync("run", "--name", name, "pisa/hpc:deb12", "sh", "-c", $"echo {number} >/etc/rollout")).EndedWith(0);
        (await node.DockerAsync("commit", name, image)).EndedWith(0);
        (await node.DockerAsync("rm", name)).EndedWith(0);
        (await node.DockerAsync("push", image)).EndedWith(0);
    }

    private static async Task RemoveImagesAsync(LabNode node)
    {
        var images = (await node.DockerAsync("images", "--quiet", "--no-trunc", Images)).EndedWith(0).Lines.Distinct().ToArray();
        if (images.Length > 0)
        {
            (await node.DockerAsync(["rmi", "--force", .. images])).EndedWith(0);
        }
    }

    private static async Task RunLabAsync(params string[] arguments) => (await RunningProcess.RunAsync(
        Path.Combine(Repository.Root, "lab", "lab.sh"), arguments, patience: TimeSpan.FromMinutes(5))).EndedWith(0);
}
