using PisaHpc.Sites;

namespace PisaHpc.Adapters.Yaml;

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
