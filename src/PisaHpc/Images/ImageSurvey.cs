using System.Collections.Concurrent;
using PisaHpc.Containers;
using PisaHpc.Nodes;

namespace PisaHpc.Images;

/// <summary>What nodes hold, and what the registry says of what they ought to hold; nothing is changed.</summary>
public static class ImageSurvey
{
    /// <summary>Asks nodes for their images, one request each; the first that answer ask the registry for the digests too.</summary>
    /// <param name="engines">The nodes' engines.</param>
    /// <param name="nodes">The nodes.</param>
    /// <param name="digests">What is wanted; settled at the end, one way or the other.</param>
    /// <param name="throttle">How many nodes are asked at a time.</param>
    /// <param name="timeout">How long each may take.</param>
    /// <param name="answered">Given each node's images once the digests are settled; from any thread.</param>
    /// <param name="failed">Told of each node that failed; from any thread.</param>
    /// <param name="cancellationToken">Interrupts.</param>
    public static async Task ReadAsync(
        IEngineConnector engines,
        IEnumerable<string> nodes,
        WantedDigests digests,
        int throttle,
        TimeSpan timeout,
        Action<string, IReadOnlyList<StoredImage>> answered,
        Action<string, Exception> failed,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(digests);
        var early = new ConcurrentQueue<(string Node, IReadOnlyList<StoredImage> Images)>();
        await FanOut.RunAsync(
            nodes,
            throttle,
            timeout,
            async (node, stopping) =>
            {
                await using var engine = await engines.ConnectAsync(node, stopping);
                var images = await engine.Images.ListAsync(stopping);
                if (await digests.ResolveAsync(engine.Images, stopping))
                {
                    answered(node, images);
                }
                else
                {
                    early.Enqueue((node, images));
                }
            },
            failed,
            cancellationToken);
        digests.GiveUpRest();
        foreach (var (node, images) in early)
        {
            answered(node, images);
        }
    }
}
