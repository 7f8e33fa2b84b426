using System.Collections.Concurrent;
using PisaHpc.Engines;
using PisaHpc.Images;
using PisaHpc.Images.Update;
using PisaHpc.Tracing;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Images.Update;

public sealed class ImagePullerTests
{
    private const string Name = "reg:5000/x:1";
    private static readonly (string Old, string New) Digests = (FakeImageStore.Digest('a'), FakeImageStore.Digest('b'));
    private static readonly WantedImage Wanted = new(ImageReference.Parse(Name), []);
    private readonly FakeCluster _cluster = new();
    private readonly Recorder _progress = new();

    public ImagePullerTests()
    {
        _cluster.RegistryDigests[Name] = Digests.New;
        Node.Add(FakeImageStore.Image("reg:5000/x", Digests.Old, Name));
    }

    private FakeImageStore Node => _cluster.EngineOf("n1").Store;

    [Fact]
    public async Task A_node_pulls_by_digest_and_then_the_name_moves()
    {
        var step = Step();
        Assert.Equal((ImageNeed.Pull, Digests.Old), (step.Need, step.PreviousDigest));
        var (result, failure) = await RunAsync(step);
        Assert.Null(failure);
        Assert.Equal(
            ("Updated", true, 1, Digests.New, Digests.Old),
            (result.State, result.Changed, result.Attempts, result.Digest, result.PreviousDigest));
        var pull = Assert.Single(_cluster.Calls, call => call.Step == FakeStep.PullImage);
        Assert.Equal($"reg:5000/x@{Digests.New}", pull.Subject);
        Assert.Equal(
            "ConnectEngine FindImage PullImage FindImage TagImage FindImage", string.Join(' ', _cluster.Calls.Select(call => call.Step)));
        Assert.Equal(ImageNeed.None, Step().Need);
        Assert.Contains(_progress.Told, told => told is { Node: "n1", Pull.Bytes: 1000 });
    }

    [Fact]
    public async Task An_image_that_is_there_under_no_name_gets_the_name_without_a_pull()
    {
        Node.Add(FakeImageStore.Image("cache:5000/x", Digests.New));
        var step = Step();
        Assert.Equal(ImageNeed.Tag, step.Need);
        Assert.Equal("Updated", (await RunAsync(step)).Result.State);
        Assert.DoesNotContain(_cluster.Calls, call => call.Step == FakeStep.PullImage);
        Assert.Equal(ImageNeed.None, Step().Need);
    }

    [Fact]
    public async Task A_failure_that_may_pass_is_tried_again_and_counted()
    {
        FailTimes(2, new HpcException(ErrorId.ImagePullFailed, "refused", "n1"));
        var (result, failure) = await RunAsync(Step(), retries: 3);
        Assert.Null(failure);
        Assert.Equal(("Updated", 3), (result.State, result.Attempts));
    }

    [Fact]
    public async Task Each_attempt_and_each_wait_is_a_phase_and_says_why()
    {
        FailTimes(1, new HpcException(ErrorId.ImagePullFailed, "refused", "n1"));
        var lines = new ConcurrentQueue<string>();
        using var run = new TracedRun("Test-It", report => lines.Enqueue(report.End is null ? report.ToString() : $"{report.Phase} {report.End.Outcome}"));

        await run.RunAsync(() => RunAsync(Step(), retries: 1));

        Assert.Equal(
            [
                $"n1: updating {Name}",
                "n1: pulling the image",
                "PullImage Error",
                "n1: waiting for the next attempt in 1 s, since attempt 1 failed: refused",
                "WaitToRetry Ok",
                "n1: pulling the image",
                "n1: giving the image its name",
                "NameImage Ok",
                "PullImage Ok",
                "UpdateImage Ok",
            ],
            lines);
    }

    [Fact]
    public async Task The_last_failure_is_the_nodes_and_the_name_leads_to_the_old_image()
    {
        FailTimes(9, new HpcException(ErrorId.ImagePullFailed, "refused", "n1"));
        var (result, failure) = await RunAsync(Step(), retries: 2);
        Assert.Equal(ErrorId.ImagePullFailed, failure!.Id);
        Assert.Equal(("Failed", false, 3, "refused"), (result.State, result.Changed, result.Attempts, result.Reason));
        Assert.Equal(Digests.Old, Wanted.NamedIn(Node.Held)!.DigestIn(null));
    }

    [Theory]
    [InlineData(ErrorId.ImageNotFound)]
    [InlineData(ErrorId.DiskFull)]
    public async Task What_does_not_pass_by_itself_is_not_tried_again(ErrorId id)
    {
        FailTimes(9, new HpcException(id, "unknown", "n1"));
        Assert.Equal(1, (await RunAsync(Step(), retries: 5)).Result.Attempts);
    }

    [Fact]
    public async Task A_pull_that_the_engine_calls_a_success_and_that_leaves_nothing_is_a_failure()
    {
        _cluster.Before("n1", FakeStep.FindImage, _ =>
        {
            Node.Remove(Digests.New);
            return Task.CompletedTask;
        });
        var (result, failure) = await RunAsync(Step());
        Assert.Equal("Failed", result.State);
        Assert.Contains("does not hold it", failure!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_an_attempt_has_pulled_the_next_one_only_names()
    {
        var failures = 1;
        _cluster.Before("n1", FakeStep.TagImage, _ => Interlocked.Decrement(ref failures) >= 0
            ? Task.FromException(new HpcException(ErrorId.EngineUnavailable, "gone", "n1"))
            : Task.CompletedTask);
        var (result, _) = await RunAsync(Step(), retries: 1);
        Assert.Equal(("Updated", 2), (result.State, result.Attempts));
        Assert.Single(_cluster.Calls, call => call.Step == FakeStep.PullImage);
        Assert.DoesNotContain(_cluster.Calls, call => call.Step == FakeStep.ListImages);
    }

    [Fact]
    public async Task A_wait_ends_when_it_is_cancelled()
    {
        FailTimes(9, new HpcException(ErrorId.ImagePullFailed, "refused", "n1"));
        using var stop = new CancellationTokenSource();
        var puller = new ImagePuller(_cluster, new RetryPolicy(5, TimeSpan.FromHours(1)), _progress);
        var running = puller.RunAsync(Step(), stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public void Waits_double_up_to_a_minute_and_at_least_half_of_each_is_waited()
    {
        double[] Seconds(double random)
        {
            var retry = new RetryPolicy(9, TimeSpan.FromSeconds(2)) { Random = () => random };
            return [.. Enumerable.Range(1, 8).Select(attempt => retry.WaitAfter(attempt).TotalSeconds)];
        }

        Assert.Equal([1, 2, 4, 8, 16, 30, 30, 30], Seconds(0));
        Assert.Equal([2, 4, 8, 16, 32, 60, 60, 60], Seconds(1).Select(seconds => Math.Round(seconds, 6)));
    }

    private static Task<(HpcImageUpdate Result, HpcException? Failure)> Run(ImagePuller puller, ImageUpdateStep step) =>
        puller.RunAsync(step, CancellationToken.None);

    private Task<(HpcImageUpdate Result, HpcException? Failure)> RunAsync(ImageUpdateStep step, int retries = 0) =>
        Run(new ImagePuller(_cluster, new RetryPolicy(retries, TimeSpan.Zero), _progress), step);

    private ImageUpdateStep Step() => ImageUpdateStep.For("n1", Node.Held, Wanted, Digests.New);

    private void FailTimes(int times, HpcException failure)
    {
        var left = times;
        _cluster.Before(
            "n1", FakeStep.PullImage, _ => Interlocked.Decrement(ref left) >= 0 ? Task.FromException(failure) : Task.CompletedTask);
    }

    private sealed class Recorder : IProgress<ImagePullProgress>
    {
        public ConcurrentQueue<ImagePullProgress> Told { get; } = new();

        public void Report(ImagePullProgress value) => Told.Enqueue(value);
    }
}
