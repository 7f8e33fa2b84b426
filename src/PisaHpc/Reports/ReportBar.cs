using System.Globalization;
using System.Text;
using PisaHpc.Views;

namespace PisaHpc.Reports;

/// <summary>How many things are in which state, as a bar of parts (SVG 2), with the same in words below it.</summary>
/// <param name="Title">What is counted.</param>
/// <param name="Parts">The states with how many are in each, in the order in which they are shown.</param>
internal sealed record ReportBar(string Title, IReadOnlyList<KeyValuePair<string, int>> Parts)
{
    /// <summary>Counts states: those that are well come first.</summary>
    public static ReportBar Of(string title, IEnumerable<string> states) => new(
        title,
        [
            .. states.CountBy(state => state, StringComparer.Ordinal)
                .OrderBy(part => Array.IndexOf(Tones, ToneOf(part.Key))).ThenByDescending(part => part.Value)
                .ThenBy(part => part.Key, StringComparer.Ordinal),
        ]);

    private static readonly string[] Tones = ["good", "quiet", "doubtful", "bad"];

    /// <summary>The class of a state's tone in the page.</summary>
    public static string ToneOf(string state) =>
        StateTone.Paint("", state, "bad", "doubtful", "quiet", "") is { Length: > 0 } tone ? tone : "good";

    /// <summary>Writes it; nothing where nothing is counted.</summary>
    public void WriteTo(StringBuilder page)
    {
        var total = Parts.Sum(part => part.Value);
        if (total == 0)
        {
            return;
        }

        var words = string.Join(", ", Parts.Select(part => $"{part.Value} {part.Key}"));
        page.Append(CultureInfo.InvariantCulture, $"""
            <figure><svg role="img" viewBox="0 0 1000 14" preserveAspectRatio="none" aria-label="{ReportTable.Html($"{Title}: {words}")}">
            """);
        var at = 0.0;
        foreach (var (state, count) in Parts)
        {
            var width = 1000.0 * count / total;
            page.Append(CultureInfo.InvariantCulture,
                $"<rect class=\"{ToneOf(state)}\" x=\"{at:0.##}\" y=\"0\" width=\"{Math.Max(width - 2, 1):0.##}\" height=\"14\"/>");
            at += width;
        }

        page.Append("</svg><figcaption>");
        foreach (var (state, count) in Parts)
        {
            page.Append(CultureInfo.InvariantCulture, $"<span class=\"{ToneOf(state)}\">{count} {ReportTable.Html(state)}</span> ");
        }

        page.Append("</figcaption></figure>\n");
    }
}
