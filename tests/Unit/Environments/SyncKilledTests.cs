using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Environments;

/// <summary>The caller is killed at each of the things that it asks of a node, and somebody runs it again.</summary>
public sealed class SyncKilledTests
{
    private const string Node = "o2wn01";

    /// <summary>What was there before: what is declared otherwise, nothing, one that was stopped, one that lets nobody in.</summary>
    public static TheoryData<string> Before => ["changed", "missing", "stopped", "changed and stopped"];

    [Theory]
    [MemberData(nameof(Before))]
    public async Task The_next_run_ends_clean_wherever_it_was(string before)
    {
        var killed = 0;
        for (var after = 0; await IsKilledAsync(before, after); after++)
        {
            killed++;
        }

        Assert.InRange(killed, 10, 200);
    }

    /// <summary>Kills after so many calls, runs again, and looks.</summary>
    /// <returns>Whether it was killed, and had not ended before.</returns>
    private static async Task<bool> IsKilledAsync(string before, int after)
    {
        var cluster = new SyncCluster();
        await PrepareAsync(cluster, before);
        var old = cluster.On(Node).SingleOrDefault();
        var calls = 0;
        Arm(cluster, _ => Interlocked.Increment(ref calls) > after
            ? Task.FromException(new HpcException(ErrorId.NodeUnreachable, "the caller is dead", Node))
            : Task.CompletedTask);
        await TryAsync(cluster);
        var wasKilled = calls > after;

        Assert.InRange(cluster.Running(Node).Count(), 0, 1);
        Assert.True(old is null || cluster.On(Node).Any(one => one.Id == old.Id) || cluster.On(Node) is [{ Name: SyncCluster.Name }]);

        Arm(cluster, _ => Task.CompletedTask);
        await cluster.SyncAsync(nodes: Node);
        Assert.True(await cluster.IsAsDeclaredAsync(Node), $"{before}, killed after {after}");
        Assert.DoesNotContain(await cluster.SyncAsync(nodes: Node), change => change.Changed);
        return wasKilled;
    }

    private static async Task PrepareAsync(SyncCluster cluster, string before)
    {
        if (before == "missing")
        {
            return;
        }

        await cluster.SyncAsync(nodes: Node);
        if (before.Contains("stopped", StringComparison.Ordinal))
        {
            cluster.Nodes.EngineOf(Node).Exit(Assert.Single(cluster.On(Node)).Id, 0);
        }

        if (before.Contains("changed", StringComparison.Ordinal))
        {
            cluster.Change();
        }
    }

    private static void Arm(SyncCluster cluster, Func<CancellationToken, Task> rule)
    {
        foreach (var step in Enum.GetValues<FakeStep>())
        {
            cluster.Nodes.Before(Node, step, rule);
        }
    }

    private static async Task TryAsync(SyncCluster cluster)
    {
        try
        {
            await cluster.SyncAsync(nodes: Node);
        }
        catch (HpcException)
        {
            // What a dead caller says nobody hears.
        }
    }
}
