namespace PisaHpc.Engines;

/// <summary>An image in a node's store.</summary>
public sealed record StoredImage
{
    /// <summary>The image's id: the digest of its configuration.</summary>
    public required string Id { get; init; }

    /// <summary>Its names with tags, <c>registry.lab:5000/pisa/hpc:deb12</c>; empty when only a digest leads to it.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>What registries know it as, <c>registry.lab:5000/pisa/hpc@sha256:…</c>; empty when it never met one.</summary>
    public IReadOnlyList<string> Digests { get; init; } = [];

    /// <summary>Its size on the node in bytes, unpacked, the layers that it shares with other images included.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>When it was made, in UTC.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The labels.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>The digests of its layers' tar streams, the lowest first; empty in a listing, which does not tell them.</summary>
    public IReadOnlyList<string> Layers { get; init; } = [];

    /// <summary>Whether a registry, any of them, knows it by a digest: the digest says what the image is, wherever it came from.</summary>
    /// <param name="digest">The digest, <c>sha256:…</c>.</param>
    public bool Has(string digest) => Digests.Any(known => known.EndsWith("@" + digest, StringComparison.Ordinal));

    /// <summary>The digest by which a repository knows it; null when that one does not, whatever others do.</summary>
    /// <param name="repository">The repository with its registry.</param>
    public string? DigestOf(string repository) => Digests.Where(known => known.StartsWith(repository + "@", StringComparison.Ordinal))
        .Select(known => known[(repository.Length + 1)..]).FirstOrDefault();

    /// <summary>The digest by which a repository knows it, else any registry's; null when it never met one.</summary>
    /// <param name="repository">The repository with its registry; null for any.</param>
    public string? DigestIn(string? repository) => (repository is null ? null : DigestOf(repository))
        ?? Digests.Select(known => known[(known.IndexOf('@', StringComparison.Ordinal) + 1)..]).FirstOrDefault();
}
