namespace PisaHpc.Monitoring;

/// <summary>
/// Many checks in one, as monitoring systems take it: what <c>-Summary</c> puts out, whatever was looked at (Monitoring Plugins Development
/// Guidelines, 2.3 and 2.6).
/// </summary>
public interface IHpcSummary
{
    /// <summary>OK, WARNING, CRITICAL or UNKNOWN.</summary>
    string Status { get; }

    /// <summary>The status as an exit code: 0 to 3, in the same order.</summary>
    int ExitCode { get; }

    /// <summary>The whole in a line: status, what is wrong and where, and the counts after a bar.</summary>
    string Text { get; }

    /// <summary>The same as numbers with names.</summary>
    internal MonitoringFigures Figures { get; }
}

/// <summary>A summary as numbers with names.</summary>
/// <param name="Subject">What was looked at: <c>nodes</c>, <c>environments</c> or <c>containers</c>.</param>
/// <param name="Counts">What was counted.</param>
/// <param name="Problems">What is not as it should be.</param>
internal sealed record MonitoringFigures(
    string Subject, IReadOnlyList<MonitoringCount> Counts, IReadOnlyList<MonitoringProblem> Problems);

/// <summary>A number that a summary has.</summary>
/// <param name="Name">What was counted.</param>
/// <param name="Count">How many.</param>
internal sealed record MonitoringCount(string Name, int Count);

/// <summary>Something that is not as it should be.</summary>
/// <param name="Name">The check, or how something differs.</param>
/// <param name="Severity"><c>critical</c>, <c>warning</c> or <c>unknown</c>.</param>
/// <param name="Node">The node; empty where it is of none.</param>
/// <param name="Of">The environment or container; empty where the node itself is meant.</param>
internal sealed record MonitoringProblem(string Name, string Severity, string Node, string Of = "")
{
    /// <summary>The severity of what is wrong.</summary>
    public const string Critical = "critical";

    /// <summary>The severity of what is not as it should be.</summary>
    public const string Warning = "warning";

    /// <summary>The severity of what could not be looked at.</summary>
    public const string Unknown = "unknown";

    /// <summary>What could not be looked at on a node.</summary>
    public static MonitoringProblem NotSeen(string node) => new("Unknown", Unknown, node);
}
