using System.Text.RegularExpressions;
using PisaHpc.Module.Commands;
using PisaHpc.Preflight;
using PisaHpc.Reports;
using PisaHpc.Unit.Commands;

namespace PisaHpc.Unit.Reports;

/// <summary>The page that Export-HpcReport writes, as a browser reads it.</summary>
public sealed partial class ReportTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pisahpc-report-");

    private string File => Path.Combine(_directory.FullName, "report.html");

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData(4)]
    [InlineData(1000)]
    public void Nodes_have_a_row_each_and_what_many_have_alike_is_one(int count)
    {
        var content = SampleCluster.Of(count);
        var page = Page(content);
        Assert.Equal(count, Rows(page, "nodes").Count);
        var image = Assert.Single(Rows(page, "images"), row => row.Contains(">Current<", StringComparison.Ordinal));
        Assert.Contains($"o2wn[0001-{count - 1:0000}]", image, StringComparison.Ordinal);
        var check = Assert.Single(Rows(page, "checks"));
        Assert.Contains($">o2wn{count:0000}<", check, StringComparison.Ordinal);
        Assert.Contains("Start it: systemctl start docker", check, StringComparison.Ordinal);
        Assert.InRange(page.Length, 10_000, 40_000 + (count * 900));
    }

    [Fact]
    public void A_static_environment_says_how_many_of_its_nodes_are_as_declared_and_of_how_many_that_is_not_known()
    {
        var row = Assert.Single(Rows(Page(SampleCluster.Of(10)), "static"));
        string[] cells = [.. Regex.Matches(row, ">([^<]*)</td>").Select(cell => cell.Groups[1].Value)];
        Assert.Equal(["cs7", "centos7", "2201", "o2wn[0001-0010]", "10", "8", "1", "1"], cells);
    }

    [Fact]
    public void Nodes_that_fail_a_check_in_the_same_words_but_for_their_names_are_one_row()
    {
        var down = from node in (string[])["o2wn13", "o2wn14"]
                   select (object)NodePreflight.Unreachable(node, new HpcException(ErrorId.NodeUnreachable, $"{node} is down.", node));
        var row = Assert.Single(Rows(Page([.. down]), "checks"));
        Assert.Contains(">o2wn[13-14]<", row, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_no_check_was_made_none_is_said_to_have_passed() => Assert.Contains(
        "No check was made.", HpcReport.Of(File, "t", [], isWhole: true, DateTimeOffset.UnixEpoch).Html, StringComparison.Ordinal);

    [Fact]
    public void It_asks_for_nothing_outside_and_lets_nothing_but_its_own_script_run()
    {
        var page = Page(SampleCluster.Of(4));
        Assert.DoesNotMatch(@"(?i)\b(src|srcset)\s*=|https?:|@import|url\(|<link|<iframe|<base\b", page);
        Assert.Matches("content=\"default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]{44}'; script-src 'sha256-[A-Za-z0-9+/=]{44}'", page);
        var script = page.Split("<script>")[1].Split("</script>")[0];
        var hash = Convert.ToBase64String(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(script)));
        Assert.Contains($"script-src 'sha256-{hash}'", page, StringComparison.Ordinal);
        Assert.DoesNotContain("style=", page, StringComparison.Ordinal);
    }

    [Fact]
    public void What_HTML_would_read_is_text()
    {
        const string evil = "\"'><script>alert(1)</script>&";
        var title = evil.Replace("'", "''", StringComparison.Ordinal);
        var page = Page([new HpcNode { Node = evil, State = evil, Reason = evil }], $"-Title '{title}'");
        Assert.DoesNotContain("<script>alert", page, StringComparison.Ordinal);
        Assert.Single(Regex.Matches(page, "<script>"));
        Assert.Contains("&quot;&#39;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;", page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bar_says_in_words_what_it_shows() => Assert.Contains(
        "aria-label=\"Nodes: 3 Ready, 1 NoEngine\"", Page(SampleCluster.Of(4)), StringComparison.Ordinal);

    [Fact]
    public void Numbers_and_sizes_are_sorted_by_what_they_are()
    {
        var node = Assert.Single(Rows(Page([SampleCluster.Node("o2wn01", "Ready")]), "nodes"));
        Assert.Contains("data-sort=\"137438953472\" class=\"number short\">128 GiB<", node, StringComparison.Ordinal);
        Assert.Contains("data-label=\"Cores\" data-sort=\"32\" class=\"number short\">32<", node, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_what_came_is_in_it()
    {
        var report = Export([SampleCluster.Node("o2wn01", "Ready")], "").Single<HpcReport>();
        Assert.Equal("Nodes", Assert.Single(report.Tables));
        Assert.Equal((1, 0, true), (report.Nodes, report.Failures, report.Changed));
    }

    [Fact]
    public void Something_else_is_refused_with_what_is_taken()
    {
        var failure = Export([new Uri("file:///etc")], "").Failure("InvalidValue");
        Assert.Contains("Uri", failure.ToString(), StringComparison.Ordinal);
        Assert.Contains("Get-HpcNode", failure.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.False(System.IO.File.Exists(File));
    }

    [Theory]
    [InlineData("-Node o2wn01")]
    [InlineData("-NoCheck")]
    [InlineData("-ThrottleLimit 4")]
    [InlineData("-TimeoutSec 4")]
    public void What_says_where_to_look_is_refused_where_nothing_is_looked_at(string more) =>
        Export(SampleCluster.Of(4), more).Failure("InvalidValue");

    [Theory]
    [InlineData("missing/report.html", "There is no directory")]
    [InlineData("", "It is a directory.")]
    public void A_file_that_cannot_be_written_costs_no_look_at_nodes(string name, string cause)
    {
        var run = Look($"'{Path.Combine(_directory.FullName, name)}' o2wn01");
        Assert.Contains(cause, run.Failure("InvalidValue").ToString(), StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    [Theory]
    [InlineData("-WhatIf", 0)]
    [InlineData("-WhatIf -PassThru", 6)]
    [InlineData("-NoCheck -WhatIf -PassThru", 5)]
    public void A_dry_run_asks_nodes_only_for_who_wants_to_see_the_report(string more, int looks)
    {
        var run = Look($"'{File}' o2wn01 {more}");
        Assert.Empty(run.Errors);
        Assert.Equal(looks, run.Output.Count(line => line.BaseObject is string));
        Assert.False(System.IO.File.Exists(File));
    }

    [Theory]
    [InlineData("", "o2wn01 32 ")]
    [InlineData("-ThrottleLimit 4 -TimeoutSec 7", "o2wn01 4 7")]
    public void Each_look_asks_as_many_nodes_at_a_time_and_for_as_long_as_was_said(string more, string asked) => Assert.Equal(
        Enumerable.Repeat(asked, 6), Look($"'{File}' o2wn01 {more}").Output.Select(line => line.BaseObject).OfType<string>());

    [Fact]
    public void A_dry_run_writes_nothing()
    {
        Assert.Single(Export(SampleCluster.Of(4), "-WhatIf -PassThru").Output);
        Assert.False(System.IO.File.Exists(File));
    }

    private string Page(IReadOnlyList<object> content, string more = "")
    {
        Export(content, more).Single<HpcReport>();
        Assert.Equal([File], Directory.GetFileSystemEntries(_directory.FullName));
        return System.IO.File.ReadAllText(File);
    }

    private CmdletRun Export(IReadOnlyList<object> content, string more) =>
        CmdletRun.With(content, $"Export-HpcReport '{File}' {more}", ("Export-HpcReport", typeof(ExportHpcReportCommand)));

    /// <summary>Runs it without a pipeline, and puts out what each cmdlet that looks at nodes was called with.</summary>
    private static CmdletRun Look(string arguments)
    {
        string[] looks = ["Get-HpcNode", "Test-HpcNode", "Get-HpcJob", "Get-HpcImage", "Compare-HpcEnvironment", "Test-HpcContainer"];
        var defined = looks.Select(name =>
            $"function {name}($Node, $ThrottleLimit, $TimeoutSec) {{ $global:asked += \"$Node $ThrottleLimit $TimeoutSec\" }}\n");
        var before = $"$global:asked = @()\n{string.Concat(defined)}function Get-JobPort {{ }}\n";
        return CmdletRun.Of($"{before}Export-HpcReport {arguments}\n$global:asked", ("Export-HpcReport", typeof(ExportHpcReportCommand)));
    }

    private static List<string> Rows(string page, string table) =>
        [.. Row().Matches(page.Split($"<section id=\"{table}\">")[1].Split("</section>")[0]).Select(match => match.Value)];

    [GeneratedRegex("<tr><td.*</tr>")]
    private static partial Regex Row();
}
