namespace PisaHpc.Images;

/// <summary>The images of one node's engine, and the engine's own way to registries.</summary>
public interface IImageStore
{
    /// <summary>Lists the images that the node holds, in one request.</summary>
    /// <param name="cancellationToken">Ends the request.</param>
    Task<IReadOnlyList<StoredImage>> ListAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Asks a registry, through the engine, for the digest behind a name; nothing is pulled. The engine asks with its own trust, proxy and
    /// route, so the answer is what this node would pull.
    /// </summary>
    /// <param name="reference">Name with tag or digest.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    /// <returns>The digest, <c>sha256:…</c>: of the list of platforms where the image has one.</returns>
    /// <exception cref="HpcException"><see cref="ErrorId.ImageNotFound"/> or <see cref="ErrorId.ImagePullFailed"/>.</exception>
    Task<string> ResolveAsync(string reference, CancellationToken cancellationToken);

    /// <summary>
    /// Pulls an image from its registry; layers that the node holds are not asked for. Failures that the engine reports only in its message
    /// stream are exceptions here. Cancelling ends the pull on the node.
    /// </summary>
    /// <param name="reference">Name with tag or digest; a digest leaves the tags alone.</param>
    /// <param name="progress">Told of what the engine says; from any thread.</param>
    /// <param name="cancellationToken">Ends the pull.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.ImageNotFound"/> or <see cref="ErrorId.ImagePullFailed"/>.</exception>
    Task PullAsync(string reference, IProgress<PullProgress>? progress, CancellationToken cancellationToken);

    /// <summary>Gives an image of the node a name; an image that has it loses it.</summary>
    /// <param name="image">The image: its id, or a name that the node holds.</param>
    /// <param name="name">The name with its tag.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.ImageNotFound"/>: the node does not hold it.</exception>
    Task TagAsync(string image, string name, CancellationToken cancellationToken);
}
