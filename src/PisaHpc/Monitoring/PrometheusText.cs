using System.Globalization;
using System.Text;

namespace PisaHpc.Monitoring;

/// <summary>
/// Summaries as metrics, in the text form that Prometheus and its node exporter's text file collector read (Prometheus, Exposition formats,
/// text-based format, version 0.0.4).
/// </summary>
internal static class PrometheusText
{
    /// <summary>Makes the text.</summary>
    /// <param name="summaries">Summaries, each of something else.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>: two are of the same.</exception>
    public static string Of(IReadOnlyCollection<IHpcSummary> summaries)
    {
        if (summaries.GroupBy(summary => summary.Figures.Subject).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new HpcException(
                ErrorId.InvalidValue,
                $"{twice.Count()} summaries are of {twice.Key}, and Prometheus takes no metric twice.",
                twice.Key,
                "Make one summary of all nodes, or write a file for each.");
        }

        var text = new StringBuilder();
        Metric(text, "pisahpc_status", "The worst that holds: 0 is OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.",
            from summary in summaries
            select (Labels(("subject", summary.Figures.Subject)), summary.ExitCode));
        Metric(text, "pisahpc_items", "What was counted.",
            from summary in summaries
            from count in summary.Figures.Counts
            select (Labels(("subject", summary.Figures.Subject), ("what", count.Name)), count.Count));
        Metric(text, "pisahpc_problems", "What is not as it should be; of containers, how many.",
            from summary in summaries
            from problem in summary.Figures.Problems
            group problem by Labels(
                ("subject", summary.Figures.Subject), ("problem", problem.Name), ("severity", problem.Severity), ("node", problem.Node),
                ("of", problem.Of)) into same
            orderby same.Key
            select (same.Key, same.Count()));
        return text.ToString();
    }

    /// <summary>A metric without a sample is left out: whoever looks for a problem finds none.</summary>
    private static void Metric(StringBuilder text, string name, string help, IEnumerable<(string Labels, int Value)> samples)
    {
        var isFirst = true;
        foreach (var (labels, value) in samples)
        {
            if (isFirst)
            {
                text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} gauge\n");
                isFirst = false;
            }

            text.Append(CultureInfo.InvariantCulture, $"{name}{labels} {value}\n");
        }
    }

    /// <summary>Labels with their values. One that is empty is the same as one that is not there.</summary>
    private static string Labels(params IEnumerable<(string Name, string Value)> labels)
    {
        var said = from label in labels where label.Value.Length > 0 select $"{label.Name}=\"{Escaped(label.Value)}\"";
        return $"{{{string.Join(',', said)}}}";
    }

    private static string Escaped(string value) => value.Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
