using System.Collections.Concurrent;
using PisaHpc.Engines;
using PisaHpc.Images;
using PisaHpc.Images.Update;
using PisaHpc.Nodes;
using PisaHpc.Sites;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Images.Update;

public sealed class PeerTransferTests
{
    private const string Name = "reg:5000/x:1";
    private static readonly string Digest = FakeImageStore.Digest('a');
    private static readonly WantedImage Wanted = new(ImageReference.Parse(Name), []);
    private readonly FakeCluster _cluster = new();
    private readonly PeerScheduler _supply = new();

    public PeerTransferTests() => _cluster.RegistryDigests[Name] = Digest;

    [Fact]
    public async Task The_registry_serves_one_node_and_the_others_each_other()
    {
        string[] nodes = [.. Enumerable.Range(1, 16).Select(number => $"n{number}")];
        _supply.Open(Digest, []);
        var results = await Task.WhenAll(nodes.Select(node => Task.Run(() => UpdateAsync(node))));
        Assert.All(results, result => Assert.Equal("Updated", result.State));
        Assert.Single(results, result => result.Source == "reg:5000");
        Assert.All(results.Where(result => result.Source != "reg:5000"), result => Assert.Contains(result.Source, nodes));
        Assert.Equal(15, _cluster.Calls.Count(call => call.Step == FakeStep.Run));
        Assert.DoesNotContain(results, result => result.Source == result.Node);
    }

    [Fact]
    public async Task A_node_gives_to_one_other_at_a_time()
    {
        var (busy, seen) = (new ConcurrentDictionary<string, int>(), new ConcurrentBag<int>());
        foreach (var giver in Enumerable.Range(1, 13).Select(number => $"n{number}"))
        {
            _cluster.Before(giver, FakeStep.Run, async _ =>
            {
                seen.Add(busy.AddOrUpdate(giver, 1, (_, now) => now + 1));
                for (var turn = 0; turn < 100; turn++)
                {
                    await Task.Yield();
                }

                busy.AddOrUpdate(giver, 0, (_, now) => now - 1);
            });
        }

        Hold("n1");
        _supply.Open(Digest, ["n1"]);
        await Task.WhenAll(Enumerable.Range(2, 12).Select(number => Task.Run(() => UpdateAsync($"n{number}"))));
        Assert.Equal(12, seen.Count);
        Assert.All(seen, gifts => Assert.Equal(1, gifts));
    }

    [Fact]
    public async Task Where_ssh_between_nodes_does_not_work_each_asks_the_registry_and_all_are_updated()
    {
        _cluster.OnRun = (_, _, _) => FakeCluster.Result(255, "", "Permission denied (publickey).");
        Hold("n1");
        _supply.Open(Digest, ["n1"]);
        var results = await Task.WhenAll(Enumerable.Range(2, 40).Select(number => Task.Run(() => UpdateAsync($"n{number}"))));
        Assert.All(results, result => Assert.Equal(("Updated", "reg:5000"), (result.State, result.Source)));

        // After three failures nobody waits for a gift any more; those that were under way then may fail too.
        Assert.InRange(_cluster.Calls.Count(call => call.Step == FakeStep.Run), 3, 10);
    }

    [Fact]
    public async Task When_the_first_node_fails_another_one_asks_the_registry()
    {
        _cluster.FailOn("n1", FakeStep.PullImage, new HpcException(ErrorId.ImageNotFound, "gone", "n1"));
        _supply.Open(Digest, []);
        Assert.Equal("Failed", (await UpdateAsync("n1")).State);
        Assert.Equal(("Updated", "reg:5000"), (await UpdateAsync("n2")) is var second ? (second.State, second.Source) : default);
        Assert.Equal("n2", (await UpdateAsync("n3")).Source);
    }

    [Fact]
    public async Task A_node_that_tries_again_gives_nothing_to_itself()
    {
        var failures = 1;
        _cluster.Before("n1", FakeStep.TagImage, _ => Interlocked.Decrement(ref failures) >= 0
            ? Task.FromException(new HpcException(ErrorId.EngineUnavailable, "gone", "n1"))
            : Task.CompletedTask);
        _supply.Open(Digest, []);
        Assert.Equal("Updated", (await UpdateAsync("n1", retries: 1)).State);
        Assert.DoesNotContain(_cluster.Calls, call => call.Step == FakeStep.Run);
    }

    [Fact]
    public async Task The_giver_is_told_the_target_as_an_argument_and_quotes_nothing_itself()
    {
        Hold("n1");
        _supply.Open(Digest, ["n1"]);
        IReadOnlyList<string> seen = [];
        _cluster.OnRun = (_, arguments, _) =>
        {
            seen = arguments;
            return FakeCluster.Result(0);
        };
        await UpdateAsync("n2", new NodeAccess { User = "root", Port = 2222, EngineSocket = "/run/my docker.sock", Config = "/etc/c" });
        Assert.Equal(["sh", "-c"], seen.Take(2));
        Assert.Equal(
            [
                "Images/Update/give-image.sh", "n2", LoginShellLine.Of("exec docker --host 'unix:///run/my docker.sock' load --quiet"),
                "2222", "root", "/etc/c",
                "docker", "--host", "unix:///run/my docker.sock", "save", FakeImageStore.Image("reg:5000/x", Digest).Id,
            ],
            seen.Skip(3));
    }

    private void Hold(string node) => _cluster.EngineOf(node).Store.Add(FakeImageStore.Image("reg:5000/x", Digest, Name));

    private async Task<HpcImageUpdate> UpdateAsync(string node, NodeAccess? access = null, int retries = 0)
    {
        var peers = new PeerTransfer(_cluster.Cluster, access ?? new NodeAccess(), _supply);
        var puller = new ImagePuller(_cluster, new RetryPolicy(retries, TimeSpan.Zero), new Silence(), peers);
        var step = ImageUpdateStep.For(node, _cluster.EngineOf(node).Store.Held, Wanted, Digest);
        return (await puller.RunAsync(step, CancellationToken.None)).Result;
    }

    private sealed class Silence : IProgress<ImagePullProgress>
    {
        public void Report(ImagePullProgress value)
        {
        }
    }
}
