using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Environments;

/// <summary>Static environments on real engines, compared with what is declared after somebody was at them.</summary>
[Collection(LabTests.Name)]
public sealed class CompareTests(LabFixture lab) : IDisposable
{
    private const string Compare = "Compare-HpcEnvironment $First, $Second -Site $Site";

    private readonly HostedRunspace _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task What_was_just_started_is_equal_and_whatever_somebody_did_by_hand_is_found()
    {
        await using var site = await StaticLab.OfAsync(_shell, lab);
        var missing = site.Run(Compare).Succeeded().Objects.Select(item => (string)((dynamic)item).Kind);
        Assert.Equal(["Missing", "Missing", "Missing", "Missing"], missing);
        site.Run("Start-HpcContainer -Static $First, $Second -Site $Site").Succeeded();
        Assert.Empty(site.Run(Compare).Succeeded().Objects);
        dynamic equal = site.Run($"{Compare} -Summary").Single();
        Assert.Equal(("OK", 0, 4, 0), ((string)equal.Status, (int)equal.ExitCode, (int)equal.Equal, (int)equal.Different));

        var node = lab.Nodes[0];
        var (first, second) = ($"pisahpc-static-{site.First}", $"pisahpc-static-{site.Second}");
        string[] update = ["update", "--restart", "no", "--memory", "512m", "--memory-swap", "512m", "--cpu-shares", "64", first];
        (await node.DockerAsync(update)).EndedWith(0);
        (await node.DockerAsync("stop", "--time", "1", second)).EndedWith(0);
        var image = (await lab.Nodes[1].DockerAsync("inspect", "--format", "{{.Image}}", second)).EndedWith(0).Output.Trim();
        (await lab.Nodes[1].DockerAsync("rm", "--force", second)).EndedWith(0);
        (await lab.Nodes[1].DockerAsync("run", "--detach", "--name", second, image, "sleep", "60")).EndedWith(0);

        var found = site.Run(Compare).Succeeded().Objects.Cast<dynamic>()
            .Select(item => $"{item.Node} {((string)item.Container)[15..^7]} {item.Kind} {item.Part} {item.Wanted} {item.Actual}")
            .Order(StringComparer.Ordinal).ToList();
        Assert.Equal(
            [
                "o2wn01 cs7 Option cpu-shares  64", "o2wn01 cs7 Option memory  536870912", "o2wn01 cs7 Option memory-swap  536870912",
                "o2wn01 cs7 Option restart UnlessStopped No",
                "o2wn01 deb12 NotRunning  Running Exited",
            ],
            found.Where(line => line.StartsWith("o2wn01", StringComparison.Ordinal)));
        var other = Assert.Single(found, line => line.StartsWith("o2wn02", StringComparison.Ordinal));
        Assert.StartsWith("o2wn02 deb12 Foreign", other, StringComparison.Ordinal);
        dynamic bad = site.Run($"{Compare} -Summary").Single();
        Assert.Equal(("CRITICAL", 2), ((string)bad.Status, (int)bad.ExitCode));
    }

    [Fact]
    public async Task One_that_its_engine_started_again_and_again_is_restarting_while_users_get_in_and_a_sync_leaves_it_alone()
    {
        await using var site = await StaticLab.OfAsync(_shell, lab);
        site.Run("Start-HpcContainer -Static $Second -Node o2wn01 -Site $Site").Succeeded();
        for (var times = 1; times <= 3; times++)
        {
            Assert.Empty(site.Run("Compare-HpcEnvironment $Second -Node o2wn01 -Site $Site").Succeeded().Objects);
            await EndAsync(lab.Nodes[0], $"pisahpc-static-{site.Second}", times);
        }

        dynamic loop = site.Run("Compare-HpcEnvironment $Second -Node o2wn01 -Site $Site").Single();
        Assert.Equal(("Restarting", "Warning"), ((string)loop.Kind, (string)loop.Severity));
        dynamic left = site.Run("Sync-HpcEnvironment $Second -Node o2wn01 -WhatIf -Site $Site").Single();
        Assert.Equal("None", (string)left.Step);
    }

    [Fact]
    public async Task Others_containers_are_told_where_somebody_asks_for_them_and_not_else()
    {
        await using var site = await StaticLab.OfAsync(_shell, lab);
        site.Run("Start-HpcContainer -Static $Second -Node o2wn01 -Site $Site").Succeeded();
        var (node, name, other) = (lab.Nodes[0], $"pisahpc-static-{site.Second}", $"wn-hpc-{site.Mark}");
        var image = (await node.DockerAsync("inspect", "--format", "{{.Image}}", name)).EndedWith(0).Output.Trim();
        (await node.DockerAsync("run", "--detach", "--network", "host", "--name", other, image, "sleep", "60")).EndedWith(0);
        Assert.Empty(site.Run("Compare-HpcEnvironment $Second -Node o2wn01 -Site $Site").Succeeded().Objects);
        var found = site.Run("Compare-HpcEnvironment $Second -Node o2wn01 -IncludeForeign -Site $Site").Succeeded().Objects.Cast<dynamic>();
        Assert.Contains(found, item => item.Container == other && item.Kind == "Foreign" && item.Severity == "Warning");
    }

    /// <summary>Kills a container's first process, and waits until its engine has it back.</summary>
    private static async Task EndAsync(LabNode node, string name, int times)
    {
        var process = (await node.DockerAsync("inspect", "--format", "{{.State.Pid}}", name)).EndedWith(0).Output.Trim();
        (await node.RunInsideAsync("kill", "-KILL", process)).EndedWith(0);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var format = "{{.RestartCount}} {{.State.Status}}";
        while ((await node.DockerAsync("inspect", "--format", format, name)).EndedWith(0).Output.Trim() != $"{times} running")
        {
            patience.Token.ThrowIfCancellationRequested();
        }
    }

    [Fact]
    public async Task A_changed_declaration_is_told_part_by_part_and_a_name_that_nobody_declared_is_refused()
    {
        await using var site = await StaticLab.OfAsync(_shell, lab);
        site.Run("Start-HpcContainer -Static $Second -Node o2wn01 -Site $Site").Succeeded();
        await site.ChangeAsync($"{site.Second}: {{ environment: debian12,", $"{site.Second}: {{ environment: debian12, limits: {{ shm: 32m }},");
        dynamic difference = site.Run("Compare-HpcEnvironment $Second -Node o2wn01 -NoReady -Site $Site").Single();
        Assert.Equal(("Option", "shm", "33554432"), ((string)difference.Kind, (string)difference.Part, (string)difference.Wanted));
        site.Run("Compare-HpcEnvironment nobody-s -Site $Site").Failed("StaticNotFound");
    }
}
