using System.Collections.Concurrent;
using PisaHpc.Engines;
using PisaHpc.Images;
using PisaHpc.Images.Update;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Images;

public sealed class ImageSurveyTests
{
    private const string Name = "reg:5000/x:1";
    private static readonly string A = FakeImageStore.Digest('a');
    private readonly FakeCluster _cluster = new();
    private readonly ConcurrentQueue<HpcException> _unresolved = new();
    private readonly ConcurrentDictionary<string, string?> _answered = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Exception> _failed = new(StringComparer.Ordinal);

    [Fact]
    public async Task Many_nodes_at_a_time_ask_the_registry_once()
    {
        _cluster.RegistryDigests[Name] = A;
        await ReadAsync(50, TimeSpan.FromMinutes(1));
        Assert.Equal(50, _answered.Count);
        Assert.All(_answered.Values, digest => Assert.Equal(A, digest));
        Assert.Single(_cluster.Calls, call => call.Step == FakeStep.ResolveImage);
    }

    [Fact]
    public async Task A_registry_that_hangs_is_no_node_s_failure()
    {
        foreach (var node in Nodes(5))
        {
            _cluster.HoldOn(node, FakeStep.ResolveImage, new TaskCompletionSource().Task);
        }

        await ReadAsync(5, TimeSpan.FromMilliseconds(200));
        Assert.Empty(_failed);
        Assert.Equal(Nodes(5), _answered.Keys.Order(StringComparer.Ordinal));
        Assert.All(_answered.Values, Assert.Null);
        Assert.Equal(ErrorId.ImagePullFailed, Assert.Single(_unresolved).Id);
    }

    [Fact]
    public async Task A_node_that_dies_while_it_asks_has_answered_and_the_next_one_asks()
    {
        _cluster.RegistryDigests[Name] = A;
        var first = 1;
        foreach (var node in Nodes(2))
        {
            _cluster.Before(node, FakeStep.ResolveImage, _ => Interlocked.Exchange(ref first, 0) == 1
                ? Task.FromException(new HpcException(ErrorId.EngineUnavailable, "gone", node))
                : Task.CompletedTask);
        }

        await ReadAsync(2, TimeSpan.FromMinutes(1));
        Assert.Empty(_failed);
        Assert.Equal([A, A], _answered.Values);
    }

    [Fact]
    public async Task A_node_that_hangs_is_late_and_the_others_are_told()
    {
        _cluster.RegistryDigests[Name] = A;
        _cluster.HoldOn("n1", FakeStep.ListImages, new TaskCompletionSource().Task);
        await ReadAsync(3, TimeSpan.FromSeconds(1));
        Assert.Equal("n1", Assert.Single(_failed).Key);
        Assert.Equal(["n2", "n3"], _answered.Keys.Order(StringComparer.Ordinal));
    }

    private static string[] Nodes(int count) => [.. Enumerable.Range(1, count).Select(number => $"n{number}")];

    private async Task ReadAsync(int nodes, TimeSpan timeout)
    {
        var wanted = new WantedImage(ImageReference.Parse(Name), []);
        var digests = new DigestResolver([wanted], (_, failure) => _unresolved.Enqueue(failure));
        await ImageSurvey.ReadAsync(
            _cluster.Cluster with { NodeTimeout = timeout, Failed = failure => _failed[failure.Node] = failure.Cause },
            Nodes(nodes),
            digests,
            (node, _) => _answered[node] = digests.Find(wanted),
            CancellationToken.None);
    }
}
