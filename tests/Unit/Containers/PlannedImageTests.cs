using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Containers;

public sealed class PlannedImageTests
{
    private const string Name = "reg:5000/x:1";
    private static readonly (string A, string B) Digests = (FakeImageStore.Digest('a'), FakeImageStore.Digest('b'));
    private readonly FakeCluster _cluster = new();

    [Fact]
    public async Task Nodes_that_hold_the_same_run_it_by_its_digest_and_one_that_lacks_it_pulls_the_same()
    {
        var image = await AgreeAsync(Name, ("n1", Held("sha256:1", Digests.A)), ("n2", null), ("n3", Held("sha256:1", Digests.A)));
        Assert.Equal(new PlannedImage($"{Name}@{Digests.A}", "sha256:1", Digests.A), image);
        Assert.DoesNotContain(_cluster.Calls, call => call.Step == FakeStep.ResolveImage);
    }

    [Fact]
    public async Task Nodes_that_hold_different_images_are_refused_by_name_with_what_each_holds_and_the_next_step()
    {
        var failure = await Assert.ThrowsAsync<HpcException>(() => AgreeAsync(
            Name,
            ("n4", Held("sha256:2", Digests.B)),
            ("n1", Held("sha256:1", Digests.A)),
            ("n2", Held("sha256:1", Digests.A)),
            ("n3", null)));
        Assert.Equal(ErrorId.ImageMismatch, failure.Id);
        Assert.Contains($"n[1-2] hold {Digests.A}; n4 holds {Digests.B}", failure.Message, StringComparison.Ordinal);
        Assert.Contains($"Update-HpcImage -Node 'n[1-4]' -Image {Name}", failure.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_image_that_never_met_a_registry_is_run_by_its_name_where_all_hold_it_and_refused_where_one_would_pull()
    {
        var own = Held("sha256:1", null);
        Assert.Equal(new PlannedImage(Name, "sha256:1", null), await AgreeAsync(Name, ("n1", own), ("n2", own)));
        var failure = await Assert.ThrowsAsync<HpcException>(() => AgreeAsync(Name, ("n1", own), ("n2", null)));
        Assert.Equal(ErrorId.ImageMismatch, failure.Id);
        Assert.Contains("n2 would pull", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_image_by_two_manifests_is_one_image_and_nobody_pulls_for_it()
    {
        var image = await AgreeAsync(Name, ("n1", Held("sha256:1", Digests.A)), ("n2", Held("sha256:1", null)));
        Assert.Equal((Name, "sha256:1"), (image.Reference, image.Id));
    }

    [Fact]
    public async Task What_no_node_holds_is_resolved_once_for_all_and_is_left_to_the_pull_where_the_registry_does_not_say()
    {
        _cluster.RegistryDigests[Name] = Digests.A;
        Assert.Equal(new PlannedImage($"{Name}@{Digests.A}", null, Digests.A), await AgreeAsync(Name, ("n1", null), ("n2", null)));
        Assert.Single(_cluster.Calls, call => call.Step == FakeStep.ResolveImage);
        Assert.Equal(new PlannedImage("reg:5000/y:1", null, null), await AgreeAsync("reg:5000/y:1", ("n1", null)));
    }

    [Fact]
    public async Task An_image_that_the_site_pins_is_asked_of_nobody()
    {
        var pinned = $"{Name}@{Digests.A}";
        Assert.Equal(new PlannedImage(pinned, null, Digests.A), await AgreeAsync(pinned, ("n1", null)));
        Assert.Empty(_cluster.Calls);
    }

    [Fact]
    public async Task A_start_pulls_by_digest_and_gives_the_name_that_people_know()
    {
        _cluster.RegistryDigests[Name] = Digests.A;
        var engine = _cluster.EngineOf("o2wn01");
        var plan = ContainerPlanner.Plan(
            PlanRequests.For(PlanRequests.Environment) with { Image = new($"{Name}@{Digests.A}", null, Digests.A) });
        Assert.Equal((Name, Digests.A, null), (plan.Image, plan.ImageDigest, plan.ImageId));

        var container = await ContainerStarter.StartAsync(engine, plan, CancellationToken.None);
        Assert.Equal((Name, Digests.A), (container.Image, container.ImageDigest));
        Assert.Contains(_cluster.Calls, call => call is { Step: FakeStep.PullImage } && call.Subject == $"{Name}@{Digests.A}");
        Assert.Contains(Name, Assert.Single(engine.Store.Held).Tags);
        Assert.Equal($"{Name}@{Digests.A}", Assert.Single(engine.Created).Image);
    }

    [Fact]
    public async Task A_name_that_moved_since_the_plan_is_not_started()
    {
        var engine = _cluster.EngineOf("o2wn01");
        engine.Store.Add(FakeImageStore.Image("reg:5000/x", Digests.A, Name));
        var plan = ContainerPlanner.Plan(PlanRequests.For(PlanRequests.Environment) with { Image = new(Name, "sha256:planned", null) });
        var failure = await Assert.ThrowsAsync<HpcException>(() => ContainerStarter.StartAsync(engine, plan, CancellationToken.None));
        Assert.Equal((ErrorId.ImageMismatch, "o2wn01"), (failure.Id, failure.Target));
        Assert.Empty(engine.Created);
    }

    /// <summary>An image as a node holds it that knows it by a mirror's digest too, and by the registry's where there is one.</summary>
    private static StoredImage Held(string id, string? digest) => FakeImageStore.Image("mirror:5000/x", FakeImageStore.Digest('c')) with
    {
        Id = id,
        Digests = digest is null ? [] : [$"mirror:5000/x@{FakeImageStore.Digest('c')}", $"reg:5000/x@{digest}"],
    };

    private Task<PlannedImage> AgreeAsync(string reference, params (string Node, StoredImage? Image)[] held) =>
        PlannedImage.AgreeAsync(_cluster, reference, held.ToDictionary(node => node.Node, node => node.Image), CancellationToken.None);
}
