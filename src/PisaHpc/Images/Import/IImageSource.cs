namespace PisaHpc.Images.Import;

/// <summary>What an image is made of: a tree, a tar, or a stream of one.</summary>
public interface IImageSource : IAsyncDisposable
{
    /// <summary>Its path on this machine; <c>-</c> for a stream.</summary>
    string Path { get; }

    /// <summary>What it is, for a question before it is read: the tree /srv/chroots/cs7 (52,113 files, 2.1 GiB).</summary>
    string Description { get; }

    /// <summary>
    /// A tree's <see cref="TreeSurvey.Digest"/>; null for tars and streams, whose content nobody knows before it was read.
    /// </summary>
    string? TreeDigest { get; }

    /// <summary>
    /// What changes when the source does, and is known without reading it: two sources of one machine and one path that have the same are
    /// the same. Null when nothing is known.
    /// </summary>
    string? Fingerprint { get; }

    /// <summary>What an admin should know of it before it is read.</summary>
    IReadOnlyList<string> Warnings { get; }

    /// <summary>Writes it as a plain tar.</summary>
    /// <param name="target">Where the tar goes.</param>
    /// <param name="progress">Told of what was read; from any thread.</param>
    /// <param name="cancellationToken">Ends the writing and every program behind it.</param>
    /// <returns>What an admin should know of it now that it was read.</returns>
    /// <exception cref="HpcException"><see cref="ErrorId.ImageSourceInvalid"/> or <see cref="ErrorId.ImageSourceUnreadable"/>.</exception>
    Task<IReadOnlyList<string>> WriteAsync(Stream target, IProgress<ImportProgress>? progress, CancellationToken cancellationToken);
}
