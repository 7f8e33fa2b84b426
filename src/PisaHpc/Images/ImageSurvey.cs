using System.Collections.Concurrent;
using System.Threading.Channels;
using PisaHpc.Engines;
using PisaHpc.Images.Update;
using PisaHpc.Nodes;
using PisaHpc.Tracing;

namespace PisaHpc.Images;

/// <summary>What nodes hold, and what the registry says of what they ought to hold; nothing is changed.</summary>
public static class ImageSurvey
{
    /// <summary>A registry that takes longer does not answer; three nodes find that out one after another before it is told.</summary>
    private static readonly TimeSpan RegistryLimit = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Asks nodes for their images, one request each, and beside that the registry for the digests through the first nodes that answer: a
    /// registry that hangs is no node's failure.
    /// </summary>
    /// <param name="cluster">Its time limit is the registry's too.</param>
    /// <param name="digests">What is wanted; settled at the end, one way or the other.</param>
    /// <param name="answered">Given each node's images once the digests are settled; from any thread.</param>
    public static async Task ReadAsync(
        Cluster cluster,
        IEnumerable<string> nodes,
        DigestResolver digests,
        Action<string, IReadOnlyList<StoredImage>> answered,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(digests);
        var askers = Channel.CreateUnbounded<string>();
        var settled = SettleAsync(cluster, askers.Reader.ReadAllAsync(cancellationToken), digests, cancellationToken);
        var told = new ConcurrentBag<Task>();
        try
        {
            await cluster.OnEachAsync(
                nodes,
                async (node, stopping) =>
                {
                    var engine = await cluster.Engines.ConnectAsync(node, stopping);
                    var images = await engine.Images.ListAsync(stopping);
                    askers.Writer.TryWrite(node);
                    told.Add(TellAsync(node, images));
                },
                cancellationToken,
                phase: Phase.Survey);
        }
        finally
        {
            askers.Writer.Complete();
            await Task.WhenAll(told.Append(settled));
        }

        async Task TellAsync(string node, IReadOnlyList<StoredImage> images)
        {
            using var turn = NodeTurns.Keep();
            await settled;
            answered(node, images);
        }
    }

    /// <summary>Has one node after another ask the registry until nothing is open.</summary>
    /// <param name="cluster">Its time limit is the registry's too.</param>
    /// <param name="askers">The nodes, as they are there to ask.</param>
    internal static async Task SettleAsync(
        Cluster cluster, IAsyncEnumerable<string> askers, DigestResolver digests, CancellationToken cancellationToken)
    {
        var limit = cluster.NodeTimeout > TimeSpan.Zero && cluster.NodeTimeout < RegistryLimit ? cluster.NodeTimeout : RegistryLimit;
        await foreach (var node in askers.WithCancellation(cancellationToken))
        {
            try
            {
                var engine = await cluster.Engines.ConnectAsync(node, cancellationToken);
                if (await Phase.ResolveDigest.RunAsync(() => digests.ResolveAsync(engine.Images, limit, cancellationToken), node))
                {
                    return;
                }
            }
            catch (HpcException)
            {
                // It is this node that does not answer any more: the next one asks, and what nobody could ask for is told at the end.
            }
        }

        digests.GiveUpRest();
    }
}
