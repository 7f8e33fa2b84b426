using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Environments;

/// <summary>Containers that nothing declares on their nodes, which are taken away in the order of all other steps.</summary>
public sealed class RollingPruneTests
{
    private const string Old = "pisahpc-static-old";

    private static readonly string[] Three = ["o2wn01", "o2wn02", "o2wn03"];

    private readonly SyncCluster _cluster = new();

    [Fact]
    public async Task It_takes_what_is_not_declared_and_neither_jobs_nor_what_somebody_made()
    {
        await _cluster.SyncAsync(nodes: "o2wn01");
        await PutAsync("o2wn01", Old, ContainerLabels.Static, "old");
        await PutAsync("o2wn01", "pisahpc-7", ContainerLabels.Job, "7");
        await PutAsync("o2wn01", "by-hand", "x", "y");

        Assert.DoesNotContain(await _cluster.SyncAsync(nodes: "o2wn01"), change => change.Changed);
        var removed = Assert.Single(await _cluster.SyncAsync(prune: true, nodes: "o2wn01"), change => change.Changed);
        Assert.Equal(("old", "Remove", "not declared", false), (removed.Static, removed.Step, removed.Reason, removed.Ready));
        Assert.Equal(
            ["by-hand", "pisahpc-7", SyncCluster.Name], _cluster.On("o2wn01").Select(one => one.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Of_those_that_run_no_more_than_the_limit_are_at_it_and_a_failure_leaves_the_rest_and_all_that_is_declared()
    {
        await PutAsync("o2wn03", Old, ContainerLabels.Static, "old");
        foreach (var node in Three[..2])
        {
            await PutAsync(node, Old, ContainerLabels.Static, "old");
            await Engine(node).StartAsync(Old, default);
        }

        _cluster.Nodes.FailOn("o2wn01", FakeStep.Stop, new HpcException(ErrorId.EngineUnavailable, "away", "o2wn01"));
        var stopped = await Assert.ThrowsAsync<HpcException>(() => _cluster.SyncAsync(prune: true, nodes: Three));
        Assert.Equal((ErrorId.StaticSyncStopped, "old"), (stopped.Id, stopped.Target));
        Assert.Contains("old was left as it is on o2wn02: 1 failed", stopped.Message, StringComparison.Ordinal);
        Assert.Equal([Old], _cluster.On("o2wn02").Select(one => one.Name));
        Assert.Empty(_cluster.On("o2wn03"));
    }

    [Fact]
    public async Task One_in_which_users_work_is_left_to_them_and_the_others_go()
    {
        foreach (var node in Three)
        {
            await PutAsync(node, Old, ContainerLabels.Static, "old");
            await Engine(node).StartAsync(Old, default);
        }

        _cluster.IsBusy = container => container.Labels["node"] == "o2wn02";
        var changes = await _cluster.SyncAsync(prune: true, nodes: Three);
        var left = Assert.Single(changes, change => change.Failure.Length > 0);
        Assert.Equal(("o2wn02", "StaticBusy", false, true), (left.Node, left.Failure, left.Changed, left.Ready));
        Assert.Equal(2, changes.Count(change => change is { Step: "Remove", Changed: true }));
    }

    [Fact]
    public async Task One_that_was_started_since_it_was_looked_at_has_its_users_asked()
    {
        await PutAsync("o2wn01", Old, ContainerLabels.Static, "old");
        _cluster.IsBusy = _ => true;
        _cluster.Nodes.Before("o2wn01", FakeStep.StartProcess, async _ => await Engine("o2wn01").StartAsync(Old, default));
        var left = Assert.Single(await _cluster.SyncAsync(prune: true, nodes: "o2wn01"), change => change.Step == "Remove");
        Assert.Equal(("StaticBusy", false), (left.Failure, left.Changed));
        Assert.Contains(_cluster.On("o2wn01"), one => one.Name == Old);
    }

    private FakeEngine Engine(string node) => _cluster.Nodes.EngineOf(node);

    private async Task PutAsync(string node, string name, string label, string value)
    {
        Engine(node).Store.Add(FakeImageStore.Image("tiny", FakeImageStore.Digest('b'), "tiny"));
        await Engine(node).CreateAsync(
            new ContainerSpec
            {
                Name = name,
                Image = "tiny",
                Command = ["sleep"],
                User = "0:0",
                Labels = new Dictionary<string, string> { [label] = value, ["node"] = node },
            },
            default);
    }
}
