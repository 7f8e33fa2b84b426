namespace PisaHpc.Containers;

/// <summary>An image that a node holds.</summary>
/// <param name="Id">The image's id: the digest of its configuration.</param>
/// <param name="Digest">The registry's digest for the reference asked; null when it never met a registry.</param>
public sealed record EngineImage(string Id, string? Digest);
