using PisaHpc.Reports;
using PisaHpc.Unit.Face;

namespace PisaHpc.Unit.Reports;

/// <summary>The page in a browser: what one can do with it, on a screen, on a phone and on paper. Pictures are in out/tests.</summary>
public sealed class ReportInBrowserTests(Chromium browser) : IClassFixture<Chromium>, IDisposable
{
    private const int Screen = 1400, Phone = 390;

    /// <summary>
    /// Texts whose colour stands out from what is behind them less than 4.5 to 1 (WCAG 2.2, 1.4.3), each with its ratio.
    /// </summary>
    private const string Faint = """
        (() => {
          const channels = text => text.match(/[\d.]+/g).map(Number);
          const light = text => {
            const [r, g, b] = channels(text).map(value => value / 255).map(value =>
              value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          };
          const behind = element => {
            for (; element; element = element.parentElement) {
              const colour = getComputedStyle(element).backgroundColor;
              if (channels(colour)[3] !== 0) return colour;
            }
            return "rgb(255, 255, 255)";
          };
          const faint = new Set();
          for (const element of document.querySelectorAll("body *")) {
            const says = [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim());
            if (!says || !element.checkVisibility()) continue;
            const [a, b] = [light(getComputedStyle(element).color), light(behind(element))];
            const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            if (ratio < 4.5) faint.add(`${element.tagName}.${element.className} ${ratio.toFixed(2)}`);
          }
          return [...faint];
        })()
        """;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pisahpc-report-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData(4)]
    [InlineData(1000)]
    public async Task A_click_on_a_header_sorts_and_another_one_turns_it_round(int nodes)
    {
        await using var page = await OpenAsync(nodes, Screen);
        await page.ClickAsync("#nodes th:nth-child(1) button");
        Assert.Equal(("ascending", "o2wn0001"), await FirstNodeAsync(page));
        await page.ClickAsync("#nodes th:nth-child(1) button");
        Assert.Equal(("descending", $"o2wn{nodes:0000}"), await FirstNodeAsync(page));
        await PhotographAsync(page, $"report-{nodes}");
    }

    [Theory]
    [InlineData(4)]
    [InlineData(1000)]
    public async Task A_filter_leaves_the_rows_that_have_each_of_its_words(int nodes)
    {
        await using var page = await OpenAsync(nodes, Screen);
        await page.ClickAsync("#nodes input");
        await page.TypeAsync("noengine not");
        const string Shown = "[...document.querySelectorAll('#nodes tbody tr')].filter(row => row.checkVisibility())"
            + ".map(row => row.cells[0].textContent)";
        Assert.Equal([$"o2wn{nodes:0000}"], await page.EvaluateAsync<string[]>(Shown));
        Assert.Equal($"1 of {nodes}", await page.EvaluateAsync<string>("document.querySelector('#nodes output').textContent"));
    }

    [Theory]
    [InlineData(4, Screen)]
    [InlineData(1000, Screen)]
    [InlineData(4, Phone)]
    public async Task Every_text_stands_out_from_what_is_behind_it(int nodes, int width)
    {
        await using var page = await OpenAsync(nodes, width);
        Assert.Empty(await page.EvaluateAsync<string[]>(Faint));
        Assert.Equal(0, await page.EvaluateAsync<int>("performance.getEntriesByType('resource').length"));
    }

    [Fact]
    public async Task On_a_phone_nothing_is_beside_the_screen_and_each_value_has_its_header_before_it()
    {
        await using var page = await OpenAsync(4, Phone);
        Assert.Equal(Phone, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        Assert.Matches("State|attr\\(data-label\\)", await page.EvaluateAsync<string>(
            "getComputedStyle(document.querySelector('#nodes tbody td:nth-child(2)'), '::before').content"));
        await PhotographAsync(page, "report-phone");
    }

    [Theory]
    [InlineData(4, 1, 4)]
    [InlineData(1000, 10, 80)]
    public async Task On_paper_it_has_its_pages_and_nothing_to_click_on(int nodes, int least, int most)
    {
        await using var page = await OpenAsync(nodes, Screen);
        var printed = await page.PrintAsync();
        var pages = System.Text.Encoding.Latin1.GetString(printed).Split("/Type /Page\n").Length - 1;
        Assert.InRange(pages, least, most);
        await page.ShowAsPrintedAsync();
        Assert.Equal("none none", await page.EvaluateAsync<string>(
            "['nav', '.tools'].map(name => getComputedStyle(document.querySelector(name)).display).join(' ')"));
    }

    private static async Task<(string Sorted, string Node)> FirstNodeAsync(BrowserPage page)
    {
        var said = await page.EvaluateAsync<string[]>(
            "[document.querySelector('#nodes th').ariaSort, document.querySelector('#nodes tbody tr').cells[0].textContent]");
        return (said[0], said[1]);
    }

    private Task<BrowserPage> OpenAsync(int nodes, int width)
    {
        var file = Path.Combine(_directory.FullName, "report.html");
        HpcReport.Of(file, "Cluster of /etc/pisahpc/site.yaml", SampleCluster.Of(nodes), isWhole: true, DateTimeOffset.UnixEpoch).Write();
        return browser.OpenAsync(file, width);
    }

    private static Task PhotographAsync(BrowserPage page, string name) =>
        page.PhotographAsync(Checkout.PathOf("out", "tests", $"{name}.png"));
}
