using PisaHpc.Images.Publish;
using PisaHpc.Tracing;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Images.Publish;

public sealed class ImagePublisherTests
{
    private const string Node = "o2wn01";
    private const string Target = "registry.lab:5000/pisa/hpc:1";
    private readonly FakeCluster _cluster = new();
    private readonly TakenBack _taken = new(new CancellationToken(canceled: true));

    private FakeEngine Engine => _cluster.EngineOf(Node);

    [Fact]
    public async Task A_name_goes_to_the_site_s_registry()
    {
        Engine.Store.Add(FakeImageStore.Image("x", FakeImageStore.Digest('a'), "pisa/hpc:1"));
        var published = await PublishAsync("pisa/hpc:1");
        Assert.Equal(
            ("pisa/hpc:1", Target, true, null), (published.Name, published.Reference, published.Changed, published.PreviousDigest));
        Assert.Equal(_cluster.RegistryDigests[Target], published.Digest);
        Assert.Contains(Target, Engine.Store.Held[0].Tags);
    }

    [Fact]
    public async Task What_the_registry_has_already_is_not_pushed_again()
    {
        Engine.Store.Add(FakeImageStore.Image("x", FakeImageStore.Digest('a'), "pisa/hpc:1"));
        var first = await PublishAsync("pisa/hpc:1");
        var second = await PublishAsync("pisa/hpc:1");
        Assert.Equal((false, first.Digest, first.Digest), (second.Changed, second.Digest, second.PreviousDigest));
        Assert.Single(_cluster.Calls, call => call.Step == FakeStep.PushImage);
    }

    [Fact]
    public async Task A_push_that_ends_with_the_digest_of_before_changed_nothing()
    {
        Engine.Store.Add(FakeImageStore.Image("x", FakeImageStore.Digest('a'), "pisa/hpc:1"));
        var first = await PublishAsync("pisa/hpc:1");

        // The engine has forgotten where the image was pushed to.
        Engine.Store.Add(Engine.Store.Held[0] with { Digests = [] });
        var second = await PublishAsync("pisa/hpc:1");
        Assert.Equal((false, first.Digest), (second.Changed, second.Digest));
        Assert.Equal(2, _cluster.Calls.Count(call => call.Step == FakeStep.PushImage));
    }

    [Fact]
    public async Task Another_image_under_the_name_is_replaced_and_named()
    {
        Engine.Store.Add(FakeImageStore.Image("x", FakeImageStore.Digest('a'), "pisa/hpc:1"));
        _cluster.RegistryDigests[Target] = FakeImageStore.Digest('e');
        var published = await PublishAsync("pisa/hpc:1");
        Assert.Equal((true, FakeImageStore.Digest('e')), (published.Changed, published.PreviousDigest));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_push_that_fails_leaves_the_node_s_tags_as_they_were(bool hadAnother)
    {
        Engine.Store.Add(FakeImageStore.Image("x", FakeImageStore.Digest('a'), "pisa/hpc:1"));
        if (hadAnother)
        {
            Engine.Store.Add(FakeImageStore.Image("x", FakeImageStore.Digest('b'), Target));
        }

        var before = Tags();
        _cluster.FailOn(Node, FakeStep.PushImage, new HpcException(ErrorId.ImagePushFailed, "denied", Node));
        Assert.Equal(ErrorId.ImagePushFailed, (await Assert.ThrowsAsync<HpcException>(() => PublishAsync("pisa/hpc:1"))).Id);
        Assert.Equal(before, Tags());
    }

    [Fact]
    public async Task A_tag_whose_answer_never_came_is_taken_back_too()
    {
        Engine.Store.Add(FakeImageStore.Image("x", FakeImageStore.Digest('a'), "pisa/hpc:1"));
        var before = Tags();
        _cluster.Before(Node, FakeStep.TagImage, _ =>
        {
            Engine.Store.Add(Engine.Store.Held[0] with { Tags = ["pisa/hpc:1", Target] });
            return Task.FromException(new OperationCanceledException());
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => PublishAsync("pisa/hpc:1"));
        Assert.Equal(before, Tags());
        Assert.Equal([$"Image pisa/hpc:1: the name {Target} was taken back from {Node}."], _taken.Lines);
    }

    [Fact]
    public async Task A_registry_that_does_not_answer_is_the_push_s_failure()
    {
        Engine.Store.Add(FakeImageStore.Image("x", FakeImageStore.Digest('a'), "pisa/hpc:1"));
        _cluster.FailOn(Node, FakeStep.ResolveImage, new HpcException(ErrorId.ImagePullFailed, "connection refused", Node));
        _cluster.FailOn(Node, FakeStep.PushImage, new HpcException(ErrorId.RegistryUnreachable, "connection refused", Node));
        Assert.Equal(ErrorId.RegistryUnreachable, (await Assert.ThrowsAsync<HpcException>(() => PublishAsync("pisa/hpc:1"))).Id);
    }

    [Theory]
    [InlineData("pisa/hpc:1", null, ErrorId.InvalidValue)]
    [InlineData("pisa/hpc@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "r:5000", ErrorId.InvalidValue)]
    [InlineData("Pisa", "r:5000", ErrorId.InvalidValue)]
    [InlineData("pisa/none:1", "r:5000", ErrorId.ImageNotFound)]
    public async Task What_cannot_be_published_is_told_before_anything_changes(string name, string? registry, ErrorId id)
    {
        Engine.Store.Add(FakeImageStore.Image("x", FakeImageStore.Digest('a'), "pisa/hpc:1"));
        var planning = ImagePublisher.PlanAsync(Engine, name, registry, CancellationToken.None);
        Assert.Equal(id, (await Assert.ThrowsAsync<HpcException>(() => planning)).Id);
        Assert.DoesNotContain(_cluster.Calls, call => call.Step is FakeStep.TagImage or FakeStep.PushImage);
    }

    private async Task<PublishedImage> PublishAsync(string name)
    {
        var plan = await ImagePublisher.PlanAsync(Engine, name, "registry.lab:5000", CancellationToken.None);
        return await ImagePublisher.PublishAsync(Engine, plan, progress: null, CancellationToken.None, _taken);
    }

    private string[] Tags() =>
        [.. Engine.Store.Held.SelectMany(image => image.Tags.Select(tag => $"{image.Id} {tag}")).Order(StringComparer.Ordinal)];
}
