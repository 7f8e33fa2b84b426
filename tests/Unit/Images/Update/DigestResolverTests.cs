using System.Collections.Concurrent;
using PisaHpc.Engines;
using PisaHpc.Images;
using PisaHpc.Images.Update;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Images.Update;

public sealed class DigestResolverTests
{
    private static readonly string A = FakeImageStore.Digest('a');
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);
    private readonly FakeCluster _cluster = new();
    private readonly ConcurrentQueue<(string Name, HpcException Failure)> _failed = new();

    [Fact]
    public async Task Another_node_asks_when_the_registry_does_not_answer_one()
    {
        _cluster.RegistryDigests["reg:5000/x:1"] = A;
        _cluster.FailOn("n1", FakeStep.ResolveImage, new HpcException(ErrorId.ImagePullFailed, "refused", "n1"));
        var digests = Wanting("reg:5000/x:1");
        Assert.False(await digests.ResolveAsync(_cluster.EngineOf("n1").Store, Limit, default));
        Assert.True(await digests.ResolveAsync(_cluster.EngineOf("n2").Store, Limit, default));
        Assert.Equal(A, digests.Find(digests.Wanted[0]));
        Assert.Empty(_failed);
    }

    [Fact]
    public async Task After_three_nodes_the_registry_is_held_to_be_the_cause_and_is_told_once_for_the_image()
    {
        var digests = Wanting("reg:5000/x:1");
        foreach (var node in new[] { "n1", "n2", "n3", "n4" })
        {
            _cluster.FailOn(node, FakeStep.ResolveImage, new HpcException(ErrorId.ImagePullFailed, "refused", node));
            await digests.ResolveAsync(_cluster.EngineOf(node).Store, Limit, default);
        }

        Assert.Equal(3, _cluster.Calls.Count(call => call.Step == FakeStep.ResolveImage));
        Assert.Null(digests.Find(digests.Wanted[0]));
        var (name, failure) = Assert.Single(_failed);
        Assert.Equal(("reg:5000/x:1", ErrorId.ImagePullFailed, "reg:5000/x:1"), (name, failure.Id, failure.Target));
    }

    [Fact]
    public async Task An_image_that_the_registry_does_not_have_is_given_up_at_once()
    {
        var digests = Wanting("reg:5000/x:1");
        Assert.True(await digests.ResolveAsync(_cluster.EngineOf("n1").Store, Limit, default));
        Assert.Equal(ErrorId.ImageNotFound, Assert.Single(_failed).Failure.Id);
    }

    [Fact]
    public async Task A_registry_that_hangs_does_not_answer()
    {
        _cluster.HoldOn("n1", FakeStep.ResolveImage, new TaskCompletionSource().Task);
        var digests = Wanting("reg:5000/x:1", "reg:5000/y:1");
        for (var ask = 0; ask < 3; ask++)
        {
            await digests.ResolveAsync(_cluster.EngineOf("n1").Store, TimeSpan.FromMilliseconds(1), default);
        }

        Assert.Equal(["reg:5000/x:1", "reg:5000/y:1"], _failed.Select(failed => failed.Name).Order(StringComparer.Ordinal));
        Assert.All(_failed, failed => Assert.Equal(ErrorId.ImagePullFailed, failed.Failure.Id));
    }

    [Fact]
    public void What_nobody_could_ask_for_is_told_at_the_end()
    {
        var digests = Wanting("reg:5000/x:1", $"reg:5000/y@{A}");
        digests.GiveUpRest();
        digests.GiveUpRest();
        Assert.Equal("reg:5000/x:1", Assert.Single(_failed).Name);
        Assert.Equal(A, digests.Find(digests.Wanted[1]));
    }

    private DigestResolver Wanting(params string[] names) =>
        new([.. names.Select(name => new WantedImage(ImageReference.Parse(name), []))], (image, failure) => _failed.Enqueue(
            (image.Name, failure)));
}
