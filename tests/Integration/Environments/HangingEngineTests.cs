using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Environments;

/// <summary>A real engine that says nothing more while a sync is on its way to it: it holds neither its node nor the others.</summary>
[Collection(LabTests.Name)]
[Trait(LabPart.Name, LabPart.Alone)]
public sealed class HangingEngineTests : IDisposable
{
    private readonly HostedRunspace _shell = new();

    public void Dispose() => _shell.Dispose();

    /// <summary>A user on the first node holds the sync up until the second one's engine hangs.</summary>
    [Fact]
    public async Task It_is_its_node_s_error_the_third_node_is_done_and_the_next_run_does_the_rest()
    {
        var lab = await LabFixture.WithNodesAsync(3);
        var nodes = lab.Nodes.Take(3).ToArray();
        await using var site = await StaticLab.OfAsync(_shell, lab, nodes: 3);
        site.Run("Sync-HpcEnvironment $Second -Site $Site").Succeeded();
        site.Run("Export-HpcKnownHost $Second -Path $KnownHosts -Site $Site").Succeeded();
        await site.ChangeAsync(
            $"{site.Second}: {{ environment: debian12,", $"{site.Second}: {{ environment: debian12, variables: {{ A: b }},");
        var session = site.LoginAsync("o2wn01", site.Port + 1, "touch /tmp/here; while [ -e /tmp/here ]; do sleep 0.1; done; echo done");
        await StaticLab.InsideAsync(nodes[0], site.Second, "[ -e /tmp/here ]");
        var syncing = Task.Run(
            () => site.Run("Sync-HpcEnvironment $Second -MaxFailure 2 -DrainTimeoutSec 120 -GraceSec 1 -Site $Site"));
        await StaticLab.InsideAsync(nodes[0], site.Second, "[ -e /etc/nologin ]");
        RunResult synced;
        await SignalEngineAsync(nodes[1], "STOP");
        try
        {
            await StaticLab.InsideAsync(nodes[0], site.Second, "rm /tmp/here");
            synced = await syncing;
        }
        finally
        {
            await SignalEngineAsync(nodes[1], "CONT");
        }

        Assert.Equal("done", (await session).EndedWith(0).Output.Trim());
        Assert.Equal(["EngineTimeout"], synced.ErrorIds);
        Assert.Equal(["o2wn01 True ", "o2wn02 False EngineTimeout", "o2wn03 True "], synced.Objects.Select(Words));
        Assert.Equal(
            ["o2wn01 False ", "o2wn02 True ", "o2wn03 False "],
            site.Run("Sync-HpcEnvironment $Second -GraceSec 1 -Site $Site").Succeeded().Objects.Select(Words).Order(StringComparer.Ordinal));
        Assert.Empty(site.Run("Compare-HpcEnvironment $Second -Site $Site").Succeeded().Objects);
    }

    private static string Words(dynamic item) => $"{item.Node} {(bool)item.Changed} {item.Failure}";

    private static async Task SignalEngineAsync(LabNode node, string signal) =>
        (await node.RunInsideAsync("sh", "-c", $"kill -{signal} \"$(cat /run/docker.pid)\"")).EndedWith(0);
}
