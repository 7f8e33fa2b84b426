namespace PisaHpc.Engines;

/// <summary>The images of one node's engine, and the engine's own way to registries.</summary>
public interface IImageStore
{
    /// <summary>Lists the images that the node holds, in one request.</summary>
    Task<IReadOnlyList<StoredImage>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Looks one image up, with its layers and labels.</summary>
    /// <param name="reference">Name with tag or digest, or id.</param>
    /// <returns>The image; null when the node does not hold it.</returns>
    Task<StoredImage?> FindAsync(string reference, CancellationToken cancellationToken);

    /// <summary>
    /// Asks a registry, through the engine, for the digest behind a name; nothing is pulled. The engine asks with its own trust, proxy and
    /// route, so the answer is what this node would pull.
    /// </summary>
    /// <param name="reference">Name with tag or digest.</param>
    /// <returns>The digest, <c>sha256:…</c>: of the list of platforms where the image has one.</returns>
    /// <exception cref="HpcException"><see cref="ErrorId.ImageNotFound"/> or <see cref="ErrorId.ImagePullFailed"/>.</exception>
    Task<string> ResolveAsync(string reference, CancellationToken cancellationToken);

    /// <summary>
    /// Pulls an image from its registry; layers that the node holds are not asked for. Failures that the engine reports only in its message
    /// stream are exceptions here. Cancelling ends the pull on the node.
    /// </summary>
    /// <param name="reference">Name with tag or digest; a digest leaves the tags alone.</param>
    /// <param name="progress">Told of what the engine says; from any thread.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.ImageNotFound"/> or <see cref="ErrorId.ImagePullFailed"/>.</exception>
    Task PullAsync(string reference, IProgress<PullProgress>? progress, CancellationToken cancellationToken);

    /// <summary>Gives an image of the node a name; an image that has it loses it.</summary>
    /// <param name="image">The image: its id, or a name that the node holds.</param>
    /// <param name="name">The name with its tag.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.ImageNotFound"/>: the node does not hold it.</exception>
    Task TagAsync(string image, string name, CancellationToken cancellationToken);

    /// <summary>Takes a name off an image of the node; an image whose last name it was goes. A name that is gone is success.</summary>
    /// <param name="name">The name with its tag.</param>
    /// <returns>Whether it was there.</returns>
    Task<bool> UntagAsync(string name, CancellationToken cancellationToken);

    /// <summary>
    /// Makes an image of one layer from a tar stream, as <c>docker import</c> does. The name is the image's from the moment at which it is
    /// complete: when the content throws, or the token is cancelled before the content has ended, the engine drops what came, and the
    /// name is as before. A cancellation after that waits for the engine's answer.
    /// </summary>
    /// <param name="content">
    /// Writes the tar into the stream that it is given, and returns when it is whole; what it throws is thrown here.
    /// </param>
    /// <returns>The image's id.</returns>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.ImageSourceInvalid"/>: the engine cannot read the stream as a tar; <see cref="ErrorId.DiskFull"/>;
    /// <see cref="ErrorId.ImageImportFailed"/>: it refuses for any other reason.
    /// </exception>
    Task<string> ImportAsync(ImageImport import, Func<Stream, CancellationToken, Task> content, CancellationToken cancellationToken);

    /// <summary>
    /// Pushes a name to its registry; layers that the registry holds are not sent. Failures that the engine reports only in its message
    /// stream are exceptions here. Cancelling ends the push on the node.
    /// </summary>
    /// <param name="reference">Name with tag; the node holds it.</param>
    /// <param name="progress">Told of each layer; from any thread.</param>
    /// <returns>The digest that the registry gives the name, <c>sha256:…</c>.</returns>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.ImageNotFound"/>, <see cref="ErrorId.RegistryUnreachable"/> or <see cref="ErrorId.ImagePushFailed"/>.
    /// </exception>
    Task<string> PushAsync(string reference, IProgress<LayerPush>? progress, CancellationToken cancellationToken);
}

/// <summary>What an engine is told of an image before its tar comes.</summary>
/// <param name="Name">The name with its tag.</param>
/// <param name="Changes">
/// Instructions as of a Dockerfile that set the image's configuration, in order: <c>CMD</c>, <c>ENV</c>, <c>LABEL</c> and the like.
/// </param>
public sealed record ImageImport(ImageReference Name, IReadOnlyList<string> Changes);

/// <summary>How far a pull has come.</summary>
/// <param name="Activity">What the engine does: downloading or unpacking.</param>
/// <param name="Bytes">Bytes downloaded of the layers that the node lacks.</param>
/// <param name="TotalBytes">Bytes of those layers as the registry sends them; grows as the engine takes up more of them.</param>
public sealed record PullProgress(string Activity, long Bytes, long TotalBytes);

/// <summary>How far the push of a layer has come.</summary>
/// <param name="Layer">The layer's short id, as the engine writes it.</param>
/// <param name="Activity">The engine's words: Preparing, Waiting, Pushing, Pushed, Layer already exists, Retrying in 5 seconds.</param>
/// <param name="Bytes">Bytes sent, unpacked; 0 where the engine does not say.</param>
/// <param name="TotalBytes">Bytes of the layer, unpacked; 0 where the engine does not say.</param>
public sealed record LayerPush(string Layer, string Activity, long Bytes, long TotalBytes)
{
    /// <summary>Whether the registry has it.</summary>
    public bool Done => Activity is "Pushed" or "Layer already exists" || Activity.StartsWith("Mounted from", StringComparison.Ordinal);
}

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
