using System.Globalization;
using System.Net;
using System.Text;

namespace PisaHpc.Reports;

/// <summary>A table of a report: its rows can be sorted and filtered in a browser.</summary>
/// <param name="Id">The part of the page that it is, for links to it.</param>
/// <param name="Title">What it is headed.</param>
/// <param name="Empty">What stands there when it has no row.</param>
/// <param name="Columns">The headers.</param>
/// <param name="Rows">The rows, with a cell for each header.</param>
internal sealed record ReportTable(
    string Id, string Title, string Empty, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<ReportCell>> Rows)
{
    /// <summary>What is counted above it; null for nothing.</summary>
    public ReportBar? Bar { get; init; }

    /// <summary>Writes it as a part of the page.</summary>
    public void WriteTo(StringBuilder page)
    {
        page.Append(CultureInfo.InvariantCulture, $"<section id=\"{Id}\"><h2>{Html(Title)}</h2>\n");
        Bar?.WriteTo(page);
        if (Rows.Count == 0)
        {
            page.Append(CultureInfo.InvariantCulture, $"<p class=\"empty\">{Html(Empty)}</p></section>\n");
            return;
        }

        page.Append(CultureInfo.InvariantCulture, $"""
            <p class="tools"><label>Filter <input type="search" autocomplete="off" spellcheck="false"></label>
            <output>{Rows.Count} of {Rows.Count}</output></p>
            <div class="scroll"><table><thead><tr>
            """);
        foreach (var column in Columns)
        {
            page.Append(CultureInfo.InvariantCulture, $"<th scope=\"col\"><button type=\"button\">{Html(column)}</button></th>");
        }

        page.Append("</tr></thead><tbody>\n");
        foreach (var row in Rows)
        {
            WriteRow(page, row);
        }

        page.Append("</tbody></table></div></section>\n");
    }

    /// <summary>A text with what HTML would read in it encoded, for elements and for values in quotes.</summary>
    public static string Html(string? text) => WebUtility.HtmlEncode(text) ?? "";

    private void WriteRow(StringBuilder page, IReadOnlyList<ReportCell> row)
    {
        page.Append("<tr>");
        foreach (var (cell, title) in row.Zip(Columns))
        {
            var sort = cell.Sort is { } key ? string.Create(CultureInfo.InvariantCulture, $" data-sort=\"{key}\"") : "";
            var style = cell.Classes is { Length: > 0 } classes ? $" class=\"{classes}\"" : "";
            page.Append(CultureInfo.InvariantCulture, $"<td data-label=\"{Html(title)}\"{sort}{style}>{Html(cell.Text)}</td>");
        }

        page.Append("</tr>\n");
    }
}

/// <summary>A cell of a table.</summary>
/// <param name="Text">What it shows.</param>
/// <param name="Sort">By what number it is sorted; null for its text.</param>
/// <param name="Tone">How loud it is said: <c>good</c>, <c>bad</c>, <c>doubtful</c>, <c>quiet</c>, or empty.</param>
internal sealed record ReportCell(string Text, double? Sort = null, string Tone = "")
{
    /// <summary>Up to how many characters a text stays on a line: a host list is broken at its hyphens otherwise.</summary>
    private const int Short = 22;

    /// <summary>How the page shows it.</summary>
    public string Classes => string.Join(
        ' ',
        new[]
        {
            Tone,
            Sort is null ? "" : "number",
            Text.StartsWith("sha256:", StringComparison.Ordinal) ? "digest" : Text.Length <= Short ? "short" : "",
        }.Where(name => name.Length > 0));

    /// <summary>A text.</summary>
    public static implicit operator ReportCell(string? text) => new(text ?? "");

    /// <summary>A number.</summary>
    public static implicit operator ReportCell(int? number) =>
        new(number?.ToString(CultureInfo.InvariantCulture) ?? "", number ?? -1);

    /// <summary>How many are not as they should be: none is said quietly.</summary>
    public static ReportCell Count(int number, string tone) =>
        new(number.ToString(CultureInfo.InvariantCulture), number, number == 0 ? "" : tone);

    /// <summary>A state in its tone.</summary>
    public static ReportCell State(string state) => new(state, null, ReportBar.ToneOf(state));

    /// <summary>A moment, in UTC.</summary>
    public static ReportCell Time(DateTimeOffset? moment) => new(
        moment?.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) ?? "", moment?.ToUnixTimeSeconds() ?? -1);

    /// <summary>Bytes, in the unit that gives few digits.</summary>
    public static ReportCell Bytes(long? bytes) => new(bytes is { } size ? InUnits(size) : "", bytes ?? -1);

    private static string InUnits(double size)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
        var unit = 0;
        for (; size >= 1024 && unit < units.Length - 1; unit++)
        {
            size /= 1024;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{size:0.#} {units[unit]}");
    }
}
