namespace PisaHpc.Images.Import;

/// <summary>What is known of a tree without reading its files.</summary>
public sealed record TreeSurvey
{
    /// <summary>How many files, directories, links and so on go into the image.</summary>
    public required long Files { get; init; }

    /// <summary>How long the tar stream will be, but for the headers of extended attributes and long names.</summary>
    public required long Bytes { get; init; }

    /// <summary>
    /// The digest, <c>sha256:…</c>, over each file's path, type, mode, owner, group, size, modification time in seconds and link target, in
    /// no order: a copy that keeps these, as tar does, has the same. Contents count by size and time; the digest of the contents is the
    /// image's layer.
    /// </summary>
    public required string Digest { get; init; }

    /// <summary>
    /// A digest, <c>sha256:…</c>, over the same and each file's status change (st_ctime). Nobody can set that, so that in one tree on one
    /// machine the same state means that nothing was touched, contents, attributes and access lists included.
    /// </summary>
    public required string State { get; init; }

    /// <summary>Bytes of holes in sparse files, which take room where the tar is unpacked.</summary>
    public required long HoleBytes { get; init; }

    /// <summary>The file with the most of them; null when there is none.</summary>
    public string? LargestHole { get; init; }
}
