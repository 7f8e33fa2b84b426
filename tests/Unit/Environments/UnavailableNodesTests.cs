using PisaHpc.Engines;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Environments;

/// <summary>Nodes that are without a static environment before a sync begins, and that it cannot help: they count as unavailable.</summary>
public sealed class UnavailableNodesTests
{
    private const string Down = "o2wn06";

    private static readonly IEnumerable<string> Serving = SyncCluster.Names.Where(node => node != Down);

    private readonly SyncCluster _cluster = new();

    [Theory]
    [InlineData("a stranger's container")]
    [InlineData("an engine that is gone")]
    [InlineData("a mount that is missing")]
    public async Task Where_they_are_as_many_as_may_be_those_that_serve_wait(string why)
    {
        await PrepareAsync(why);
        var before = _cluster.Nodes.Calls.Count;
        var stopped = await Assert.ThrowsAsync<HpcException>(() => _cluster.SyncAsync(limit: "1"));
        Assert.Equal(ErrorId.StaticSyncStopped, stopped.Id);
        Assert.Contains("o2wn[01-05]: o2wn06 is without it, and 1 may be.", stopped.Message, StringComparison.Ordinal);
        Assert.Contains("-MaxUnavailable", stopped.RecommendedAction, StringComparison.Ordinal);
        Assert.DoesNotContain(_cluster.Nodes.Calls.Skip(before), call => call.Step == FakeStep.Stop);
    }

    [Theory]
    [InlineData("a stranger's container")]
    [InlineData("an engine that is gone")]
    public async Task What_is_left_of_the_limit_is_for_those_that_serve(string why)
    {
        await PrepareAsync(why);
        var without = new List<int>();
        foreach (var node in Serving)
        {
            _cluster.Nodes.Before(node, FakeStep.Create, _ =>
            {
                without.Add(Serving.Count(name => !_cluster.Running(name).Any()));
                return Task.CompletedTask;
            });
        }

        await _cluster.SyncAsync(limit: "2");
        Assert.Equal([1, 1, 1, 1, 1], without);
        foreach (var node in Serving)
        {
            Assert.True(await _cluster.IsAsDeclaredAsync(node), node);
        }
    }

    [Fact]
    public async Task Those_that_can_be_mended_are_whatever_the_limit_and_make_room_for_the_others()
    {
        await PrepareAsync("a stranger's container");
        await _cluster.Nodes.EngineOf("o2wn05").RemoveAsync(SyncCluster.Name, default);
        await _cluster.Nodes.EngineOf("o2wn04").RemoveAsync(SyncCluster.Name, default);
        await Assert.ThrowsAsync<HpcException>(() => _cluster.SyncAsync(limit: "1"));
        Assert.True(await _cluster.IsAsDeclaredAsync("o2wn04"));
        Assert.True(await _cluster.IsAsDeclaredAsync("o2wn05"));

        await _cluster.Nodes.EngineOf("o2wn05").RemoveAsync(SyncCluster.Name, default);
        await _cluster.SyncAsync(limit: "2");
        Assert.True(await _cluster.IsAsDeclaredAsync("o2wn01"));
    }

    [Fact]
    public async Task A_node_that_is_not_meant_does_not_count()
    {
        await PrepareAsync("a stranger's container");
        await _cluster.SyncAsync(limit: "1", nodes: ["o2wn01", "o2wn02"]);
        Assert.True(await _cluster.IsAsDeclaredAsync("o2wn02"));
    }

    [Fact]
    public async Task Where_all_that_serve_are_as_declared_nothing_waits()
    {
        await PrepareAsync("an engine that is gone");
        await _cluster.SyncAsync(limit: "2");
        Assert.All(await _cluster.SyncAsync(limit: "1"), change => Assert.Equal("None", change.Step));
    }

    /// <summary>All have what was declared, and something else is declared; but for one that has none.</summary>
    private async Task PrepareAsync(string why)
    {
        await _cluster.SyncAsync();
        _cluster.Change();
        await _cluster.Nodes.EngineOf(Down).RemoveAsync(SyncCluster.Name, default);
        switch (why)
        {
            case "a stranger's container":
                _cluster.Nodes.EngineOf(Down).Add(new EngineContainer
                {
                    Id = "stranger",
                    Name = SyncCluster.Name,
                    Image = "x/y:1",
                    State = ContainerState.Running,
                    CreatedAt = DateTimeOffset.UnixEpoch,
                    Labels = new Dictionary<string, string>(),
                });
                break;
            case "a mount that is missing":
                _cluster.Lack(Down, "/etc/shadow");
                break;
            default:
                _cluster.Nodes.FailOn(Down, FakeStep.ConnectEngine, new HpcException(ErrorId.EngineUnavailable, "gone", Down));
                break;
        }
    }
}
