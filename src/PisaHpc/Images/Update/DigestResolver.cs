using System.Collections.Concurrent;
using PisaHpc.Engines;

namespace PisaHpc.Images.Update;

/// <summary>
/// Finds the registry's digest of each wanted image once, and for all nodes: a tag that moves in the middle of an update would leave a
/// cluster of two halves. The registry is asked through a node's engine, because it is the nodes that must reach and trust it: an admin's
/// laptop may do neither. When the registry does not answer one node, another asks.
/// </summary>
/// <param name="failed">Told of each image whose digest was not found, once.</param>
public sealed class DigestResolver(IReadOnlyList<WantedImage> wanted, Action<WantedImage, HpcException> failed)
{
    /// <summary>So many nodes ask before the registry is held to be the cause.</summary>
    private const int Askers = 3;

    private readonly ConcurrentDictionary<string, string?> _digests = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _refusals = new(StringComparer.Ordinal);

    /// <summary>The images.</summary>
    public IReadOnlyList<WantedImage> Wanted => wanted;

    /// <summary>The digest of an image, as far as it was found.</summary>
    public string? Find(WantedImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return image.Reference.Digest ?? _digests.GetValueOrDefault(image.Name);
    }

    /// <summary>Settles a digest that is known already, so that nobody asks for it.</summary>
    /// <param name="digest">Its digest.</param>
    public void Settle(WantedImage image, string digest)
    {
        ArgumentNullException.ThrowIfNull(image);
        _digests[image.Name] = digest;
    }

    /// <summary>Asks the registry for what is not settled yet, for all of it at once.</summary>
    /// <param name="images">The node through whose engine it is asked.</param>
    /// <param name="limit">How long the registry may take.</param>
    /// <returns>Whether every digest is settled now: known, or given up.</returns>
    /// <exception cref="HpcException">The node's own failure; another node may ask.</exception>
    public async Task<bool> ResolveAsync(IImageStore images, TimeSpan limit, CancellationToken cancellationToken)
    {
        await Task.WhenAll(wanted.Where(IsOpen).Select(image => AskAsync(images, image, limit, cancellationToken)));
        return !wanted.Any(IsOpen);
    }

    /// <summary>Gives up what no node could ask for: no more will come.</summary>
    public void GiveUpRest()
    {
        foreach (var image in wanted.Where(IsOpen))
        {
            GiveUp(image, new HpcException(ErrorId.ImagePullFailed, $"No node could ask the registry for {image.Name}.", image.Name));
        }
    }

    private bool IsOpen(WantedImage image) => image.Reference is { IsId: false, Digest: null } && !_digests.ContainsKey(image.Name);

    private async Task AskAsync(IImageStore images, WantedImage image, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limited.CancelAfter(limit);
        try
        {
            _digests[image.Name] = await images.ResolveAsync(image.Name, limited.Token);
        }
        catch (HpcException failure) when (failure.Id is ErrorId.ImageNotFound or ErrorId.ImagePullFailed)
        {
            Refuse(image, failure);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            Refuse(image, new HpcException(
                ErrorId.ImagePullFailed,
                $"The registry did not tell the digest of {image.Name} within {limit.TotalSeconds:0} s.",
                innerException: exception));
        }
    }

    private void Refuse(WantedImage image, HpcException failure)
    {
        var refusals = _refusals.AddOrUpdate(image.Name, 1, (_, earlier) => earlier + 1);
        if (failure.Id == ErrorId.ImageNotFound || refusals >= Askers)
        {
            GiveUp(image, failure);
        }
    }

    private void GiveUp(WantedImage image, HpcException failure)
    {
        _digests[image.Name] = null;
        failed(image, new HpcException(failure.Id, failure.Message, image.Name, failure.RecommendedAction, failure));
    }
}
