using PisaHpc.Engines;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Environments;

/// <summary>A generation that is another one only where the declaration, the node or the image is.</summary>
public sealed class StaticGenerationTests
{
    private const string Name = "registry.lab:5000/pisa/hpc:deb12";

    private static readonly string Digest = FakeImageStore.Digest('a');

    private static readonly StoredImage Image = FakeImageStore.Image("registry.lab:5000/pisa/hpc", Digest, Name);

    private readonly StaticCluster _cluster = new();

    /// <summary>One node pulled the image and knows its digest; the other one got it as a tar and does not.</summary>
    [Fact]
    public async Task It_is_the_same_whichever_nodes_are_planned_together()
    {
        _cluster.Nodes.EngineOf("o2wn01").Store.Add(Image);
        _cluster.Nodes.EngineOf("o2wn02").Store.Add(Image with { Digests = [] });
        var both = await _cluster.PlanAsync();
        var first = Assert.Single(await _cluster.PlanAsync("cs7", "o2wn01"));
        var second = Assert.Single(await _cluster.PlanAsync("cs7", "o2wn02"));

        Assert.NotEqual(both[0].GetSpec().Image, first.GetSpec().Image);
        Assert.Equal(both[0].Generation, first.Generation);
        Assert.Equal(both[1].Generation, second.Generation);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task It_stays_the_same_after_the_first_start_pulled_the_image(bool registryIsAsked)
    {
        _cluster.Nodes.RegistryDigests[Name] = Digest;
        if (!registryIsAsked)
        {
            _cluster.Nodes.FailOn("o2wn01", FakeStep.ResolveImage, new HpcException(ErrorId.RegistryUnreachable, "no answer", "o2wn01"));
        }

        var started = await _cluster.StartAsync();
        Assert.True(started.Changed);
        Assert.Equal(Image.Id, Assert.Single(_cluster.Engine.Store.Held).Id);

        var again = await _cluster.StartAsync();
        Assert.Equal((started.Id, started.Generation, false), (again.Id, again.Generation, again.Changed));
    }

    [Fact]
    public async Task It_is_the_same_for_a_node_that_has_another_number_of_cpus_online()
    {
        var before = await _cluster.PlanOneAsync();
        _cluster.Cpus--;
        var after = await _cluster.PlanOneAsync();
        Assert.NotEqual(before.Slots, after.Slots);
        Assert.Equal(before.Generation, after.Generation);
    }
}
