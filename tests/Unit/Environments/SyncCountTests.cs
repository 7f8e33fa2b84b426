using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Environments;

/// <summary>What a sync asks of each node and its engine: a timer runs it on all of them, and mostly there is nothing to do.</summary>
public sealed class SyncCountTests
{
    private const string AsDeclared = "Run Run Find List Execute";

    private readonly SyncCluster _cluster = new();

    public SyncCountTests() => _cluster.Nodes.RegistryDigests["registry.lab:5000/pisa/hpc:deb12"] = FakeImageStore.Digest('a');

    [Fact]
    public async Task What_is_as_declared_costs_a_comparison_a_login_and_a_look_whether_logins_are_open()
    {
        await _cluster.SyncAsync();
        var asked = await AskedAsync();
        Assert.All(SyncCluster.Names, node => Assert.Equal(AsDeclared, Steps(asked[node])));
    }

    [Fact]
    public async Task A_container_that_has_stopped_costs_its_own_node_more_and_no_other()
    {
        await _cluster.SyncAsync();
        _cluster.Nodes.EngineOf("o2wn01").Exit(Assert.Single(_cluster.On("o2wn01")).Id, 0);
        var asked = await AskedAsync();
        Assert.Equal(
            "Run Run Run Run StartProcess Start Find Find Find List List Execute Update", Steps(asked["o2wn01"]));
        Assert.All(SyncCluster.Names.Skip(1), node => Assert.Equal(AsDeclared, Steps(asked[node])));
    }

    private static string Steps(IEnumerable<FakeStep> steps) => string.Join(' ', steps.Order());

    /// <summary>What one sync asks of each node; of the engines, one asks the registry for all.</summary>
    private async Task<ILookup<string, FakeStep>> AskedAsync()
    {
        var before = _cluster.Nodes.Calls.Count;
        await _cluster.SyncAsync();
        return _cluster.Nodes.Calls.Skip(before)
            .Where(call => call.Step is not (FakeStep.Connect or FakeStep.ConnectEngine or FakeStep.ResolveImage))
            .ToLookup(call => call.Node, call => call.Step);
    }
}
