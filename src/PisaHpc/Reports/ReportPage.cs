using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace PisaHpc.Reports;

/// <summary>
/// A report as a page that needs nothing else: its style and its script are in it, and its policy lets a browser take those two alone
/// (Content Security Policy Level 3), so that nothing is asked for and nothing else is run.
/// </summary>
internal static class ReportPage
{
    private static readonly Lazy<string> Style = new(() => Resource("report.css"));

    private static readonly Lazy<string> Script = new(() => Resource("report.js"));

    /// <summary>Makes the page.</summary>
    public static string Of(string title, IReadOnlyList<ReportTable> tables, DateTimeOffset now)
    {
        var policy = $"default-src 'none'; style-src {HashOf(Style.Value)}; script-src {HashOf(Script.Value)}; "
            + "base-uri 'none'; form-action 'none'";
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"""
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="{policy}">
            <meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">
            <title>{ReportTable.Html(title)}</title><style>{Style.Value}</style></head>
            <body><header><h1>{ReportTable.Html(title)}</h1><p>As it was at {now.UtcDateTime:yyyy-MM-dd HH:mm} UTC</p><nav>
            """);
        foreach (var table in tables)
        {
            page.Append(CultureInfo.InvariantCulture, $"<a href=\"#{table.Id}\">{ReportTable.Html(table.Title)}</a> ");
        }

        page.Append("</nav></header><main>\n");
        foreach (var table in tables)
        {
            table.WriteTo(page);
        }

        return page.Append(CultureInfo.InvariantCulture, $"</main><script>{Script.Value}</script></body></html>\n").ToString();
    }

    private static string HashOf(string text) => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}'";

    private static string Resource(string name)
    {
        using var stream = typeof(ReportPage).Assembly.GetManifestResourceStream($"Reports/{name}")
            ?? throw new InvalidOperationException($"{name} is not in the assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
