namespace PisaHpc.Images.Import;

/// <summary>
/// What of a tree stays out of its image, said alike to find(1), which surveys it, and to tar(1), which reads it: both match whole paths
/// with fnmatch(3), and <c>*</c> matches slashes too.
/// </summary>
public sealed class TreeExclusions
{
    /// <summary>Directories that a container gets anew from its engine.</summary>
    private static readonly string[] Kernels = ["proc", "sys", "dev"];

    private readonly List<string> _patterns = [];
    private readonly HashSet<string> _hollow = new(Kernels, StringComparer.Ordinal);

    /// <summary>Collects them.</summary>
    /// <param name="mountedDirectories">Directories on which something is mounted, from the tree's root: what is in them stays out.</param>
    /// <param name="mountedFiles">Files on which something is mounted: they stay out themselves.</param>
    /// <param name="others">Patterns of the admin, from the tree's root: what matches stays out, with all that is in it.</param>
    public TreeExclusions(IEnumerable<string> mountedDirectories, IEnumerable<string> mountedFiles, IEnumerable<string> others)
    {
        _hollow.UnionWith(mountedDirectories);
        _patterns.AddRange(_hollow.Order(StringComparer.Ordinal).Select(path => Escape(path) + "/*"));
        _patterns.AddRange(mountedFiles.Select(Escape));
        _patterns.AddRange(others.Select(FromRoot));
    }

    /// <summary>Whether a directory goes into the image empty, so that its own times mean nothing.</summary>
    /// <param name="path">Its path from the tree's root.</param>
    public bool IsHollow(string path) => _hollow.Contains(path);

    /// <summary>The expression that makes find pass over them.</summary>
    /// <param name="root">The directory at which find starts.</param>
    public IEnumerable<string> ForFind(string root) => _patterns.SelectMany<string, string>(
        pattern => ["-path", $"{Escape(root.TrimEnd('/'))}/{pattern}", "-prune", "-o"]);

    /// <summary>The options that make tar, which starts at <c>.</c>, pass over them.</summary>
    public IEnumerable<string> ForTar() => ["--anchored", "--wildcards", .. _patterns.Select(pattern => $"--exclude=./{pattern}")];

    private static string FromRoot(string pattern)
    {
        var path = pattern.StartsWith("./", StringComparison.Ordinal) ? pattern[2..] : pattern;
        return path.Trim('/') is { Length: > 0 } inside
            ? inside
            : throw new HpcException(
                ErrorId.InvalidValue,
                $"{Quote.Of(pattern)} names no path in the tree that could be left out.",
                pattern,
                "Name paths or patterns from the tree's root, such as -Exclude var/log/lastlog, 'var/cache/*'.");
    }

    private static string Escape(string path) =>
        string.Concat(path.Select(c => c is '*' or '?' or '[' or '\\' ? $"\\{c}" : c.ToString()));
}
