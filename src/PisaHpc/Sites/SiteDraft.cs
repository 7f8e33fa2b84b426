using System.Globalization;
using System.Text;
using PisaHpc.Engines;
using PisaHpc.HostLists;

namespace PisaHpc.Sites;

/// <summary>What a first site definition is made of.</summary>
internal sealed record SiteDraft
{
    /// <summary>The nodes, each once.</summary>
    public required IReadOnlyList<string> Nodes { get; init; }

    /// <summary>The registry, with its port.</summary>
    public required string Registry { get; init; }

    /// <summary>The directory of the port area, which all nodes share.</summary>
    public required string PortArea { get; init; }

    /// <summary>The first port of the area.</summary>
    public required int FirstPort { get; init; }

    /// <summary>The last one.</summary>
    public required int LastPort { get; init; }

    /// <summary>The images by the names of their environments.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Environments { get; init; }

    /// <summary>Who logs in to the nodes.</summary>
    public required string User { get; init; }

    /// <summary>The port of the nodes' sshd.</summary>
    public int SshPort { get; init; } = DefaultSshPort;

    /// <summary>The keys that he has; empty for those of his home directory.</summary>
    public required IReadOnlyList<string> Keys { get; init; }

    /// <summary>The file of the nodes' host keys.</summary>
    public required string KnownHosts { get; init; }

    /// <summary>What nodes share and every container sees.</summary>
    public required IReadOnlyList<string> Mounts { get; init; }

    /// <summary>
    /// The environment's name and the image of a text: <c>debian12=pisa/hpc:deb12</c>, or an image alone, whose last part and tag are the
    /// name.
    /// </summary>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>: it is no image.</exception>
    public static KeyValuePair<string, string> EnvironmentOf(string text)
    {
        var at = text.IndexOf('=', StringComparison.Ordinal);
        var image = text[(at + 1)..].Trim();
        var reference = ImageReference.Parse(image);
        var last = reference.Repository.Split('/')[^1];
        var name = at >= 0 ? text[..at].Trim() : reference.Tag is { } tag and not "latest" ? $"{last}-{tag}" : last;
        return new(name, image);
    }

    /// <summary>The definition's text.</summary>
    public string ToYaml()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"""
            # The site definition of this cluster. about_PisaHpc_Site has every key.

            registry: {Scalar(Registry)}

            # A directory that all nodes share, with a file for each port that a job can lease.
            portArea: {OpenBrace} path: {Scalar(PortArea)}, first: {FirstPort}, last: {LastPort} {CloseBrace}

            nodes:
              names: [ {Quoted(HostList.Fold(Nodes))} ]
              ssh:
                user: {Scalar(User)}

            """);
        if (SshPort != DefaultSshPort)
        {
            text.Append(CultureInfo.InvariantCulture, $"    port: {SshPort}\n");
        }

        if (Keys.Count > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"    keys: {Sequence(Keys)}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"    knownHosts: {Sequence([KnownHosts])}\n\n# Of every environment.\ndefaults:\n");
        text.Append(CultureInfo.InvariantCulture, $"  mounts: {Sequence(Mounts)}\n\nenvironments:\n");
        foreach (var (name, image) in Environments)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {Scalar(name)}: {OpenBrace} image: {Scalar(image)} {CloseBrace}\n");
        }

        return text.ToString();
    }

    private const int DefaultSshPort = 22;
    private const string OpenBrace = "{";
    private const string CloseBrace = "}";

    private static string Sequence(IEnumerable<string> values) => $"[ {string.Join(", ", values.Select(Scalar))} ]";

    /// <summary>Plain where YAML reads a text as it is, within brackets too (YAML 1.2.2, 7.3.3); else in quotes.</summary>
    private static string Scalar(string value) =>
        value.Length > 0 && char.IsAsciiLetter(value[0] == '/' && value.Length > 1 ? value[1] : value[0])
            && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '-' or '_' or ':') && !value.EndsWith(':')
            && !Words.Contains(value)
            ? value
            : Quoted(value);

    private static string Quoted(string value) => $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>What YAML, or an older one, takes for something else than a text.</summary>
    private static readonly HashSet<string> Words = new(StringComparer.OrdinalIgnoreCase)
    {
        "null", "true", "false", "yes", "no", "on", "off", "y", "n",
    };
}
