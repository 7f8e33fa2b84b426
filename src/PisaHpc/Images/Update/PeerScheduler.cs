using System.Collections.Concurrent;
using System.Threading.Channels;

namespace PisaHpc.Images.Update;

/// <summary>
/// Who gives which image to whom, when nodes serve each other: a node that holds an image gives it to one other at a time, and each that
/// has received it gives it on, so the number of givers doubles. Where no node holds it, one pulls it from the registry while the others
/// wait.
/// </summary>
public sealed class PeerScheduler
{
    /// <summary>So many gifts fail, and none succeeds, before it is held to be the site and not the node: no ssh between nodes.</summary>
    private const int Patience = 3;

    private readonly ConcurrentDictionary<string, Channel<string?>> _givers = new(StringComparer.Ordinal);
    private int _failed;
    private int _succeeded;

    /// <summary>Whether nodes still try to serve each other; once given up, every node is told to pull from the registry.</summary>
    public bool IsOpen => _succeeded > 0 || _failed < Patience;

    /// <summary>Counts how a gift went.</summary>
    /// <param name="succeeded">Whether it arrived.</param>
    public void Count(bool succeeded)
    {
        Interlocked.Increment(ref succeeded ? ref _succeeded : ref _failed);
        if (!IsOpen)
        {
            foreach (var givers in _givers.Values)
            {
                givers.Writer.TryComplete();
            }
        }
    }

    /// <summary>Says that a node holds an image and is free to give it on.</summary>
    public void Offer(string digest, string node) => GiversOf(digest).Writer.TryWrite(node);

    /// <summary>Says that a node that was to pull from the registry failed: another one does.</summary>
    public void PassOn(string digest) => GiversOf(digest).Writer.TryWrite(null);

    /// <summary>Waits for a giver.</summary>
    /// <returns>The node that gives, to be offered again afterwards; null for the node that is to pull from the registry.</returns>
    public async ValueTask<string?> TakeAsync(string digest, CancellationToken cancellationToken)
    {
        try
        {
            var giver = await GiversOf(digest).Reader.ReadAsync(cancellationToken);
            return IsOpen ? giver : null;
        }
        catch (ChannelClosedException)
        {
            return null;
        }
    }

    /// <summary>
    /// Makes the image known before anybody asks for it, with those that hold it; where none does, the first that asks will pull.
    /// </summary>
    /// <param name="holders">The nodes that hold it.</param>
    public void Open(string digest, IReadOnlyCollection<string> holders)
    {
        ArgumentNullException.ThrowIfNull(holders);
        if (holders.Count == 0)
        {
            PassOn(digest);
        }

        foreach (var holder in holders)
        {
            Offer(digest, holder);
        }
    }

    private Channel<string?> GiversOf(string digest) => _givers.GetOrAdd(digest, _ => Channel.CreateUnbounded<string?>());
}
