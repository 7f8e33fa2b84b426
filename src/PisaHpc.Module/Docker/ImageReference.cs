namespace PisaHpc.Docker;

/// <summary>An image's reference, taken apart as the pull request wants it (distribution/reference).</summary>
/// <param name="Repository">The repository with its registry, without what the engine leaves out (docker.io/library/).</param>
/// <param name="Tag">The tag or, when there is one, the digest.</param>
internal sealed record ImageReference(string Repository, string Tag)
{
    private static readonly string[] DefaultPrefixes = ["docker.io/library/", "docker.io/", "index.docker.io/library/", "index.docker.io/"];

    /// <summary>Takes a reference apart. Without a tag it is <c>latest</c>: the pull request would fetch every tag else.</summary>
    public static ImageReference Parse(string text)
    {
        var name = text;
        string? tag = null;
        if (name.IndexOf('@', StringComparison.Ordinal) is var at and >= 0)
        {
            (name, tag) = (name[..at], name[(at + 1)..]);
        }

        // A colon before the last slash is a registry's port.
        var colon = name.LastIndexOf(':');
        if (colon > name.LastIndexOf('/'))
        {
            tag ??= name[(colon + 1)..];
            name = name[..colon];
        }

        var prefix = DefaultPrefixes.FirstOrDefault(known => name.StartsWith(known, StringComparison.Ordinal)) ?? "";
        return new ImageReference(name[prefix.Length..], tag ?? "latest");
    }
}
