using PisaHpc.Environments;
using PisaHpc.Sites;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Environments;

/// <summary>What a comparison asks of each node and engine: a site has a thousand of them, and a monitor looks every few minutes.</summary>
public sealed class ComparisonCountTests
{
    private const string Image = "registry.lab:5000/pisa/hpc:deb12";

    private static readonly string[] StaticNodes = ["o2wn01", "o2wn02"];

    private readonly StaticCluster _cluster = new(StaticCluster.Declared
        + "  deb: { environment: debian12, nodes: 'o2wn[01-02]', port: 2202 }\n"
        + "  test: { environment: debian12, nodes: 'o2wn[01-02]', port: 2203 }\n");

    public ComparisonCountTests()
    {
        _cluster.Nodes.RegistryDigests[Image] = FakeImageStore.Digest('2');
        foreach (var node in StaticNodes)
        {
            var held = FakeImageStore.Image("registry.lab:5000/pisa/hpc", FakeImageStore.Digest('2'), Image);
            _cluster.Nodes.EngineOf(node).Store.Add(held);
        }
    }

    [Theory]
    [InlineData(ReadinessProof.Greeting, "cs7")]
    [InlineData(ReadinessProof.Greeting, "cs7", "deb", "test")]
    [InlineData(ReadinessProof.None, "cs7")]
    [InlineData(ReadinessProof.None, "cs7", "deb", "test")]
    public async Task A_node_gets_one_command_however_many_it_has_and_its_engine_a_list_and_an_inspection_of_each(
        ReadinessProof proof, params string[] names)
    {
        await StartAsync("cs7", "deb", "test");
        var calls = await CallsOfAsync(() => CompareAsync(proof, names));
        Assert.All(StaticNodes, node => Assert.Equal(
            [FakeStep.Run, .. names.Select(_ => FakeStep.Find), FakeStep.List],
            calls.Where(call => call.Node == node && call.Step != FakeStep.ResolveImage).Select(call => call.Step).Order()));
        Assert.Single(calls, call => call.Step == FakeStep.ResolveImage);
    }

    [Fact]
    public async Task An_engine_is_asked_in_two_rounds_and_then_its_node()
    {
        await StartAsync("cs7", "deb", "test");
        var calls = await CallsOfAsync(() => CompareAsync(ReadinessProof.Greeting, "cs7", "deb", "test"));
        Assert.All(StaticNodes, node => Assert.Equal(
            [FakeStep.List, FakeStep.Find, FakeStep.Find, FakeStep.Find, FakeStep.Run],
            calls.Where(call => call.Node == node && call.Step != FakeStep.ResolveImage).Select(call => call.Step)));
    }

    [Fact]
    public async Task What_is_missing_costs_no_inspection_and_the_images_alone_say_who_holds_the_one_that_is_wanted()
    {
        var calls = await CallsOfAsync(() => CompareAsync(ReadinessProof.Greeting, "cs7", "deb", "test"), differences: 6);
        Assert.All(StaticNodes, node => Assert.Equal(
            [FakeStep.Run, FakeStep.List, FakeStep.ListImages],
            calls.Where(call => call.Node == node && call.Step != FakeStep.ResolveImage).Select(call => call.Step).Order()));
    }

    [Fact]
    public async Task A_new_image_of_the_registry_and_one_that_it_does_not_tell_are_looked_for_among_the_nodes_images()
    {
        await StartAsync("cs7");
        _cluster.Nodes.RegistryDigests[Image] = FakeImageStore.Digest('3');
        var published = await CallsOfAsync(() => CompareAsync(ReadinessProof.Greeting, "cs7"), differences: 2);
        Assert.Equal(2, published.Count(call => call.Step == FakeStep.ListImages));

        _cluster.Nodes.RegistryDigests.Clear();
        var unresolved = await CallsOfAsync(() => CompareAsync(ReadinessProof.Greeting, "cs7"));
        Assert.Equal(2, unresolved.Count(call => call.Step == FakeStep.ListImages));
    }

    [Fact]
    public async Task A_node_whose_images_nobody_gets_fails_and_the_others_are_compared()
    {
        _cluster.Nodes.FailOn("o2wn02", FakeStep.ListImages, new HpcException(ErrorId.EngineUnavailable, "away", "o2wn02"));
        await CallsOfAsync(() => CompareAsync(ReadinessProof.Greeting, "cs7"), differences: 1);
        Assert.Equal("o2wn02", Assert.Single(_cluster.Failures).Node);
    }

    private async Task StartAsync(params string[] names)
    {
        foreach (var name in names)
        {
            foreach (var plan in await _cluster.PlanAsync(name))
            {
                await _cluster.CarryOutAsync(StaticChange.ToStart(plan, await _cluster.Starter.FindAsync(plan, default)));
            }
        }
    }

    private async Task<IReadOnlyList<FakeCall>> CallsOfAsync(Func<Task<int>> comparing, int differences = 0)
    {
        var before = _cluster.Nodes.Calls.Count;
        Assert.Equal(differences, await comparing());
        return [.. _cluster.Nodes.Calls.Skip(before).Where(call => call.Step is not (FakeStep.Connect or FakeStep.ConnectEngine))];
    }

    private async Task<int> CompareAsync(ReadinessProof proof, params string[] names)
    {
        var cluster = _cluster.Nodes.Cluster with { Failed = _cluster.Failures.Add };
        var planner = new StaticPlanner(cluster, _cluster.Site, "alice@head1");
        var survey = new EnvironmentSurvey(cluster, _cluster.Site, planner) { Proof = proof };
        var differences = 0;
        await survey.ReadAsync(
            StaticNodes.ToDictionary(node => node, _ => (IReadOnlyList<StaticDefinition>)[.. names.Select(_cluster.Site.StaticNamed)]),
            (state, _) =>
            {
                Interlocked.Add(ref differences, state.Differences().Count());
                return Task.CompletedTask;
            },
            default);
        return differences;
    }
}
