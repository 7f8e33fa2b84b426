using PisaHpc.HostLists;

namespace PisaHpc.Images;

/// <summary>Nodes on which a name leads to the same image, in the same state.</summary>
public sealed record HpcImageGroup
{
    /// <summary>The nodes, each once.</summary>
    public required IReadOnlyList<string> Nodes { get => HostList.Readable(field); init; }

    /// <summary>The nodes as a host list.</summary>
    public string NodeList => HostList.FoldFound(Nodes);

    /// <summary>How many nodes they are.</summary>
    public int Count => Nodes.Count;

    /// <summary>The name with its tag; with its digest when the nodes hold it without a tag.</summary>
    public required string Name { get; init; }

    /// <summary>How it compares with what the site wants: the word, one of <see cref="ImageState"/>.</summary>
    public required string State { get; init; }

    /// <summary>The registry's digest of what the nodes hold; null when it is missing or never met a registry.</summary>
    public string? Digest { get; init; }

    /// <summary>The registry's digest of what the site wants; null when it wants none, or the registry did not say.</summary>
    public string? WantedDigest { get; init; }

    /// <summary>The image's id on the nodes; null when it is missing.</summary>
    public string? Id { get; init; }

    /// <summary>Its size on the first of them in bytes, unpacked; null when it is missing.</summary>
    public long? SizeBytes { get; init; }

    /// <summary>The environments that want it.</summary>
    public IReadOnlyList<string> Environments { get => Readable.Words(field); init; } = [];

    /// <summary>Puts nodes with the same image under a name together, in the order of the first of each group.</summary>
    public static IReadOnlyList<HpcImageGroup> Of(IEnumerable<HpcImage> images) =>
    [
        .. from image in images
           group image by (image.Name, image.State, image.Digest, image.WantedDigest, image.Id) into same
           let first = same.First()
           select new HpcImageGroup
           {
               Nodes = HostList.SortFound(same.Select(image => image.Node)),
               Name = first.Name,
               State = first.State,
               Digest = first.Digest,
               WantedDigest = first.WantedDigest,
               Id = first.Id,
               SizeBytes = first.SizeBytes,
               Environments = first.Environments,
           },
    ];

    /// <summary>The image, its nodes and its state.</summary>
    public override string ToString() => $"{Name} on {NodeList}: {State}";
}
