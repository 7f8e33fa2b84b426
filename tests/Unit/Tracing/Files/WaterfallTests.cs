using System.Xml.Linq;
using PisaHpc.Tracing;
using PisaHpc.Tracing.Files;

namespace PisaHpc.Unit.Tracing.Files;

/// <summary>The drawing, as a browser's parser reads it.</summary>
public sealed class WaterfallTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Fact]
    public void The_slowest_node_is_on_top_below_what_was_done_for_all() =>
        Assert.Equal(["all nodes", "n003", "n002", "n001"], RowsOf(Draw(TestTrace.Start(3))));

    [Fact]
    public void Above_it_stand_command_job_nodes_and_total_and_in_words_what_was_waited_for()
    {
        var texts = TextsOf(Draw(TestTrace.Start(2)));
        Assert.Contains("Start-HpcJob, job 4711, 2 nodes, 1.020 s", texts);
        Assert.Contains(texts, text => text.StartsWith(
            "Waited longest for: n002: waiting until it is ready, 0.420 s of 1.020 s (41 %)", StringComparison.Ordinal));
        Assert.Contains(texts, text => text.StartsWith("One after the other: n00", StringComparison.Ordinal));
    }

    [Fact]
    public void What_was_waited_for_has_a_dark_edge_and_every_kind_of_phase_is_in_the_legend()
    {
        var drawing = Draw(TestTrace.Start(2));
        var waited = drawing.Descendants(Svg + "g").Where(bar => (string)bar.Element(Svg + "rect")!.Attribute("stroke")! == "#000")
            .Select(bar => bar.Element(Svg + "title")!.Value.Split(',')[0]);
        Assert.Contains("n002: waiting until it is ready", waited);
        Assert.DoesNotContain("n001: waiting until it is ready", waited);
        Assert.Empty(new[] { "Survey", "LeasePort", "WriteAccess", "StartContainer", "WaitUntilReady" }.Except(TextsOf(drawing)));
    }

    [Fact]
    public void Of_two_hundred_nodes_the_forty_slowest_are_drawn_and_a_line_counts_the_others()
    {
        var drawing = Draw(TestTrace.Start(200));
        var rows = RowsOf(drawing);
        Assert.Equal(["all nodes", "n200", .. Enumerable.Range(162, 38).Reverse().Select(number => $"n{number:000}"), "n161"], rows);
        Assert.Contains("160 more nodes; all of them were done after 2.600 s.", TextsOf(drawing));
        Assert.True((double)drawing.Root!.Attribute("height")! < 1300);
    }

    [Fact]
    public void Bars_that_cross_lie_below_each_other_and_all_lie_within_the_drawing()
    {
        var drawing = Draw(
        [
            TestTrace.Of("UpdateNode", "n1", 0, 2), TestTrace.Of("PullImage", "n1", 0, 1.5, "a:1"),
            TestTrace.Of("PullImage", "n1", 0.5, 2, "b:1"),
        ]);
        var bars = drawing.Descendants(Svg + "g").Select(bar => bar.Element(Svg + "rect")!).ToList();
        Assert.Equal(2, bars.Select(bar => (double)bar.Attribute("y")!).Distinct().Count());
        Assert.All(bars, bar => Assert.True(
            (double)bar.Attribute("x")! + (double)bar.Attribute("width")! <= (double)drawing.Root!.Attribute("width")!));
    }

    [Fact]
    public void It_needs_nothing_from_elsewhere_runs_nothing_and_takes_any_text()
    {
        var drawing = Draw([TestTrace.Of("PullImage", "n1", 0, 1, "<script>&\u0001\"")]);
        Assert.DoesNotContain(drawing.Descendants(), element => element.Name.LocalName is "script" or "image" or "use" or "style");
        Assert.DoesNotContain(drawing.Descendants().Attributes(), attribute => attribute.Name.LocalName == "href");
        Assert.Contains(drawing.Descendants(Svg + "title"), title => title.Value.Contains("<script>&?\"", StringComparison.Ordinal));
    }

    private static XDocument Draw(IReadOnlyList<HpcPhase> phases)
    {
        using var stream = new MemoryStream();
        Waterfall.Write(TraceContent.Of(phases), stream);
        stream.Position = 0;
        return XDocument.Load(stream);
    }

    private static string[] TextsOf(XDocument drawing) => [.. drawing.Descendants(Svg + "text").Select(text => text.Value)];

    private static string[] RowsOf(XDocument drawing) =>
        [.. drawing.Descendants(Svg + "text").Where(text => (string?)text.Attribute("text-anchor") == "end").Select(text => text.Value)];
}
