using PisaHpc.Engines;
using PisaHpc.Tracing;

namespace PisaHpc.Images.Update;

/// <summary>
/// Brings one node's name to the wanted image: pull by digest, then tag. A pull by digest leaves the tags alone and the tag moves in one
/// step, so the name leads to the old image or to the new one at any moment, whatever fails in between.
/// </summary>
/// <param name="retry">How often to try.</param>
/// <param name="progress">Told how far each node's pull has come; from any thread.</param>
/// <param name="peers">How nodes serve each other; null when each asks the registry.</param>
public sealed class ImagePuller(
    IEngineConnector engines, RetryPolicy retry, IProgress<ImagePullProgress> progress, PeerTransfer? peers = null)
{
    /// <summary>Does what a step says.</summary>
    /// <param name="step">The step.</param>
    /// <returns>How it ended, and the failure where it failed.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<(HpcImageUpdate Result, HpcException? Failure)> RunAsync(ImageUpdateStep step, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(step);
        var start = retry.Time.GetTimestamp();
        var attempt = 1;
        try
        {
            var source = await Phase.UpdateImage.RunAsync(TryUntilItPassesAsync, step.Node, detail: step.Image.Name);
            return (Ended(ImageUpdateState.Updated) with { Source = source }, null);
        }
        catch (HpcException failure)
        {
            return (Ended(ImageUpdateState.Failed) with { Reason = failure.Message }, failure);
        }

        async Task<string?> TryUntilItPassesAsync()
        {
            for (; ; attempt++)
            {
                try
                {
                    return await TryAsync(step, cancellationToken);
                }
                catch (HpcException failure) when (RetryPolicy.MayPass(failure) && attempt <= retry.Retries)
                {
                    await WaitAsync(step, attempt, failure, cancellationToken);
                }
            }
        }

        HpcImageUpdate Ended(ImageUpdateState state) => step.Result(state) with
        {
            Attempts = attempt,
            DurationSec = Math.Round(retry.Time.GetElapsedTime(start).TotalSeconds, 3),
        };
    }

    /// <summary>
    /// One attempt; gives the node or registry that the image came from, and null when it was there: what an earlier attempt brought is
    /// not brought again.
    /// </summary>
    private async Task<string?> TryAsync(ImageUpdateStep step, CancellationToken cancellationToken)
    {
        var engine = await engines.ConnectAsync(step.Node, cancellationToken);
        if (await FindAsync(engine.Images, step, cancellationToken) is not { } held)
        {
            return await FetchAsync(() => PullAsync(engine.Images, step, cancellationToken), step, cancellationToken);
        }

        await NameAsync(engine.Images, step, held, cancellationToken);
        return null;
    }

    private async Task<string> FetchAsync(Func<Task> pull, ImageUpdateStep step, CancellationToken cancellationToken)
    {
        var registry = step.Image.Reference.Registry ?? ImageReference.DefaultRegistry;
        if (peers is not null)
        {
            return await peers.FetchAsync(step, pull, cancellationToken) ?? registry;
        }

        await Phase.PullImage.RunAsync(pull, step.Node);
        return registry;
    }

    private async Task PullAsync(IImageStore images, ImageUpdateStep step, CancellationToken cancellationToken)
    {
        await images.PullAsync(step.Image.At(step.Digest), new PullRelay(step.Node, progress), cancellationToken);
        var held = await FindAsync(images, step, cancellationToken)
            ?? throw NotHeld(step, "the engine says that it pulled the image, and does not hold it");
        await NameAsync(images, step, held, cancellationToken);
    }

    /// <summary>
    /// The image by its digest; only a node that knows the digest under the name of another registry is asked for all it holds.
    /// </summary>
    private static async Task<StoredImage?> FindAsync(IImageStore images, ImageUpdateStep step, CancellationToken cancellationToken) =>
        await images.FindAsync(step.Image.At(step.Digest), cancellationToken)
        ?? (step.Need == ImageNeed.Tag
            ? (await images.ListAsync(cancellationToken)).FirstOrDefault(image => image.Has(step.Digest))
            : null);

    /// <summary>Moves the name; what it leads to then is looked at, not assumed.</summary>
    private static async Task NameAsync(IImageStore images, ImageUpdateStep step, StoredImage held, CancellationToken cancellationToken)
    {
        if (step.Image.Tag is not { } tag)
        {
            return;
        }

        await Phase.NameImage.RunAsync(
            async () =>
            {
                await images.TagAsync(held.Id, tag, cancellationToken);
                var named = await images.FindAsync(tag, cancellationToken);
                if (named?.Has(step.Digest) != true)
                {
                    throw NotHeld(step, named is null ? "the name is not there afterwards" : $"the name leads to {named.Id} afterwards");
                }
            },
            step.Node);
    }

    private static HpcException NotHeld(ImageUpdateStep step, string what) => new(
        ErrorId.ImagePullFailed, $"{step.Image.Name} on {step.Node} is not {step.Digest}: {what}.", step.Node);

    private Task WaitAsync(ImageUpdateStep step, int attempt, HpcException failure, CancellationToken cancellationToken)
    {
        var wait = retry.WaitAfter(attempt);
        return Phase.WaitToRetry.RunAsync(
            () => Task.Delay(wait, retry.Time, cancellationToken),
            step.Node,
            detail: $"in {Math.Max(1, wait.TotalSeconds):0} s, since attempt {attempt} failed: {failure.Message}");
    }

    private sealed class PullRelay(string node, IProgress<ImagePullProgress> progress) : IProgress<PullProgress>
    {
        public void Report(PullProgress value) => progress.Report(new ImagePullProgress(node, value));
    }
}

/// <summary>
/// How often a pull is tried, and how long it waits in between: twice as long each time, of which a random part between a half and the
/// whole, so that nodes which failed together do not come back together.
/// </summary>
/// <param name="Retries">How many attempts may follow the first.</param>
/// <param name="FirstWait">The wait after the first attempt.</param>
public sealed record RetryPolicy(int Retries, TimeSpan FirstWait)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    /// <summary>Where the randomness comes from: a number from 0 up to 1.</summary>
    public Func<double> Random { get; init; } = System.Random.Shared.NextDouble;

    /// <summary>How the time passes.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The wait after an attempt.</summary>
    /// <param name="attempt">The attempt's number, from 1.</param>
    public TimeSpan WaitAfter(int attempt)
    {
        var whole = Math.Min(FirstWait.TotalSeconds * Math.Pow(2, attempt - 1), LongestWait.TotalSeconds);
        return TimeSpan.FromSeconds(whole * (0.5 + (Random() / 2)));
    }

    /// <summary>Whether a failure may pass by itself: a registry or a connection that is busy, restarting or away for a moment.</summary>
    public static bool MayPass(HpcException failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        return failure.Id is ErrorId.ImagePullFailed
            or ErrorId.EngineUnavailable or ErrorId.EngineTimeout
            or ErrorId.NodeUnreachable or ErrorId.NodeTimeout;
    }
}
