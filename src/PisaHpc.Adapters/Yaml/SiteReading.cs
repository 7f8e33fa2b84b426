using PisaHpc.Sites;

namespace PisaHpc.Adapters.Yaml;

/// <summary>What one reading of a definition shares: its directory, what was found, and where each key stands.</summary>
/// <param name="file">The definition's full path.</param>
internal sealed class SiteReading(string file)
{
    private readonly Dictionary<string, SourcePosition> _positions = [];

    public FindingList Findings { get; } = new();

    public IReadOnlyDictionary<string, SourcePosition> Positions => _positions;

    /// <summary>Remembers where a key stands.</summary>
    /// <param name="path">The key's path from the root.</param>
    /// <param name="position">The place.</param>
    public void Place(string path, SourcePosition position) => _positions[path] = position;

    /// <summary>Keeps an error about the value at a path.</summary>
    /// <param name="rule">The rule's name.</param>
    /// <param name="path">Its path.</param>
    /// <param name="message">What is wrong with it.</param>
    /// <param name="remedy">What to write instead.</param>
    public void Error(string rule, DefinitionNode node, string path, string message, string remedy) =>
        Findings.Error(rule, node.Position, path.Length == 0 ? message : $"{InWords(path)}: {message}", remedy);

    /// <summary>A key's path, in which a key that is none may be of any length.</summary>
    private static string InWords(string path) => string.Join('.', path.Split('.').Select(Quote.Name));

    /// <summary>A path of this machine in full: ~ is the caller's home, and a relative path starts at the definition's directory.</summary>
    /// <param name="path">The path as written.</param>
    public string FullPath(string path)
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        var expanded = path == "~" || path.StartsWith("~/", StringComparison.Ordinal) ? home + path[1..] : path;
        return Path.GetFullPath(expanded, Path.GetDirectoryName(file)!);
    }
}

/// <summary>Collects what is found while a definition is read.</summary>
internal sealed class FindingList
{
    private readonly List<SiteFinding> _findings = [];

    /// <summary>The findings, in the order of the file.</summary>
    public IReadOnlyList<SiteFinding> Findings =>
        [.. _findings.Distinct().OrderBy(finding => finding.Line).ThenBy(finding => finding.Column)];

    public bool HasErrors => _findings.Exists(finding => finding.Severity == nameof(FindingSeverity.Error));

    /// <summary>Keeps an error.</summary>
    /// <param name="rule">The rule's name.</param>
    /// <param name="position">The place.</param>
    /// <param name="message">What is wrong, with the value.</param>
    /// <param name="remedy">What to write instead.</param>
    public void Error(string rule, SourcePosition position, string message, string remedy) =>
        Add(FindingSeverity.Error, rule, position, message, remedy);

    /// <summary>Keeps a warning.</summary>
    /// <param name="rule">The rule's name.</param>
    /// <param name="position">The place; null when it is about the file as a whole.</param>
    /// <param name="message">What was found.</param>
    /// <param name="remedy">What to do about it.</param>
    public void Warning(string rule, SourcePosition? position, string message, string remedy) =>
        Add(FindingSeverity.Warning, rule, position, message, remedy);

    private void Add(FindingSeverity severity, string rule, SourcePosition? position, string message, string remedy) =>
        _findings.Add(new SiteFinding
        {
            Severity = severity.ToString(),
            Rule = rule,
            Message = message,
            File = position?.File,
            Line = position?.Line ?? 0,
            Column = position?.Column ?? 0,
            Remedy = remedy,
        });
}
