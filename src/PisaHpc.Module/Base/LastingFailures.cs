using System.Collections.Concurrent;

namespace PisaHpc.Module.Base;

/// <summary>The nodes that fail in rounds, each by what was told of it: a failure that lasts is not told in every round.</summary>
internal sealed class LastingFailures
{
    private readonly ConcurrentDictionary<string, string> _told = new(StringComparer.Ordinal);

    /// <summary>Takes a failure.</summary>
    /// <returns>Whether it is to be told: the node answered in the round before, or failed in another way.</returns>
    public bool IsNew(NodeFailure failure)
    {
        var what = failure.Cause is HpcException known ? known.Id.ToString() : failure.Cause.GetType().Name;
        var isNew = !_told.TryGetValue(failure.Node, out var told) || told != what;
        _told[failure.Node] = what;
        return isNew;
    }

    /// <summary>Whether a node failed in the last round.</summary>
    public bool Has(string node) => _told.ContainsKey(node);

    /// <summary>A node has answered.</summary>
    public void Answered(string node) => _told.TryRemove(node, out _);
}
