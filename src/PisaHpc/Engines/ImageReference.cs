using System.Text.RegularExpressions;

namespace PisaHpc.Engines;

/// <summary>
/// An image's reference: <c>[registry/]repository[:tag][@digest]</c> (the reference grammar of the OCI distribution project), or an
/// image's id.
/// </summary>
public sealed partial record ImageReference
{
    /// <summary>The registry of a reference that names none.</summary>
    public const string DefaultRegistry = "docker.io";

    private static readonly string[] DefaultPrefixes =
    [
        $"{DefaultRegistry}/library/", $"{DefaultRegistry}/", $"index.{DefaultRegistry}/library/", $"index.{DefaultRegistry}/",
    ];

    private ImageReference()
    {
    }

    /// <summary>The registry as host or host:port; null when the reference names none.</summary>
    public string? Registry { get; private init; }

    /// <summary>The repository without the registry; an id in full when the reference is one.</summary>
    public required string Repository { get; init; }

    /// <summary>The tag; null when the reference has none, which means <c>latest</c> unless a digest says otherwise.</summary>
    public string? Tag { get; private init; }

    /// <summary>The digest, <c>sha256:…</c>; null when the reference has none.</summary>
    public string? Digest { get; private init; }

    /// <summary>Whether it is an image's id, which is found on a node only and in no registry.</summary>
    public bool IsId { get; private init; }

    /// <summary>The repository with its registry, without the default registry's name, which the engine leaves out too.</summary>
    public string Name
    {
        get
        {
            var full = Registry is null ? Repository : $"{Registry}/{Repository}";
            var prefix = DefaultPrefixes.FirstOrDefault(known => full.StartsWith(known, StringComparison.Ordinal)) ?? "";
            return full[prefix.Length..];
        }
    }

    /// <summary>The digest, else the tag, else <c>latest</c>: without any, a pull request would fetch every tag.</summary>
    public string Version => Digest ?? Tag ?? "latest";

    /// <summary>Reads a reference.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>: it is none.</exception>
    public static ImageReference Parse(string text) => TryParse(text) ?? throw new HpcException(
        ErrorId.InvalidValue,
        $"{Quote.Of(text)} is not an image's reference, such as pisa/hpc:deb12 or registry.lab:5000/pisa/hpc:deb12.",
        text);

    /// <summary>Reads the name that an image is to have; its tag is said, <c>latest</c> when the text has none.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>: it is no reference, or an id, or has a digest.</exception>
    public static ImageReference ParseTarget(string text)
    {
        var name = Parse(text);
        return name.IsId || name.Digest is not null
            ? throw new HpcException(
                ErrorId.InvalidValue,
                $"{Quote.Of(text)} is an image's content and no name that it could have, such as pisa/hpc:deb12.",
                text)
            : name with { Tag = name.Version };
    }

    /// <summary>Reads a reference that may be none.</summary>
    /// <returns>The reference; null when the text is not one.</returns>
    public static ImageReference? TryParse(string text)
    {
        if (Id().IsMatch(text))
        {
            return new ImageReference { Repository = text, IsId = true };
        }

        var match = Grammar().Match(text);
        if (!match.Success)
        {
            return null;
        }

        // Without a slash the text before a colon is the repository; a first component is a registry only when it looks like a host.
        var name = match.Groups["name"].Value;
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        var isHost = slash > 0
            && (name.AsSpan(0, slash).IndexOfAny('.', ':') >= 0 || name.StartsWith("localhost/", StringComparison.Ordinal));
        var repository = isHost ? name[(slash + 1)..] : name;
        return Repositories().IsMatch(repository)
            ? new ImageReference
            {
                Registry = isHost ? name[..slash] : null,
                Repository = repository,
                Tag = match.Groups["tag"] is { Success: true } tag ? tag.Value : null,
                Digest = match.Groups["digest"] is { Success: true } digest ? digest.Value : null,
            }
            : null;
    }

    /// <summary>The reference with a registry in front, unless it names one itself or is an id.</summary>
    /// <param name="registry">The registry as host:port; null leaves the reference as it is.</param>
    public ImageReference In(string? registry) =>
        Registry is null && !IsId && registry is not null ? this with { Registry = registry } : this;

    /// <summary>The reference with a digest, beside the tag that people know it by.</summary>
    /// <param name="digest">The digest, <c>sha256:…</c>.</param>
    public ImageReference At(string digest) => this with { Tag = Tag ?? (Digest is null ? "latest" : null), Digest = digest };

    /// <summary>The reference without its digest, where a tag is left to know it by.</summary>
    public ImageReference WithoutDigest() => Tag is null ? this : this with { Digest = null };

    /// <summary>The reference as the engine takes it.</summary>
    public override string ToString() =>
        (Registry is null ? "" : Registry + "/") + Repository + (Tag is null ? "" : ":" + Tag) + (Digest is null ? "" : "@" + Digest);

    [GeneratedRegex(@"\Asha256:[0-9a-f]{64}\z")]
    private static partial Regex Id();

    [GeneratedRegex(
        @"\A(?<name>([A-Za-z0-9.\-\[\]:]+/)?[^:@]+)(:(?<tag>[A-Za-z0-9_][A-Za-z0-9_.\-]{0,127}))?(@(?<digest>sha256:[0-9a-f]{64}))?\z")]
    private static partial Regex Grammar();

    [GeneratedRegex(@"\A[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*\z")]
    private static partial Regex Repositories();
}
