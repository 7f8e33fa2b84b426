using System.Globalization;
using System.Xml;

namespace PisaHpc.Tracing.Files;

/// <summary>
/// A trace as a drawing that a browser opens (SVG 1.1, without scripts and without anything from elsewhere): a row for each node, the one
/// that was done last on top, with a bar for each phase. What the whole waited for has a dark edge and is said in words.
/// </summary>
internal sealed class Waterfall
{
    /// <summary>How many nodes have a row.</summary>
    public const int MostNodes = 40;

    private const string Namespace = "http://www.w3.org/2000/svg";
    private const int Left = 150;
    private const int ChartWidth = 1000;
    private const int RowHeight = 22;
    private const int BarHeight = 16;
    private const int LineHeight = 18;
    private const double CharacterWidth = 6.6;

    /// <summary>Colours that people who see colours otherwise tell apart (Okabe and Ito, 2008), and lighter ones of them.</summary>
    private static readonly string[] Colours =
    [
        "#56b4e9", "#e69f00", "#009e73", "#f0e442", "#cc79a7", "#0072b2", "#d55e00", "#a6d8f4", "#f5cd80", "#80cfb9", "#e6bcd3", "#b3b3b3",
    ];

    private static readonly int[] Factors = [1, 2, 5, 10];

    private readonly TraceContent _trace;
    private readonly XmlWriter _xml;
    private readonly HashSet<HpcPhase> _links;
    private readonly HashSet<HpcPhase> _leaves;
    private readonly List<string> _kinds;
    private readonly double _scale;
    private int _y;

    private Waterfall(TraceContent trace, XmlWriter xml)
    {
        (_trace, _xml) = (trace, xml);
        _links = new(trace.Chain.Links, ReferenceEqualityComparer.Instance);
        _leaves = new(trace.Chain.Leaves, ReferenceEqualityComparer.Instance);
        _kinds = [.. trace.Chain.Leaves.Select(leaf => leaf.Phase).Distinct()];
        _scale = ChartWidth / Math.Max(trace.TookSec, 1e-6);
    }

    /// <summary>Writes it.</summary>
    public static void Write(TraceContent trace, Stream stream)
    {
        using var xml = XmlWriter.Create(stream, new XmlWriterSettings { Indent = true, CloseOutput = false });
        new Waterfall(trace, xml).Draw();
    }

    private void Draw()
    {
        var rows = _trace.Places.Where(place => place.Node is null || place.Phases.Any(_leaves.Contains)).ToList();
        var all = rows.Where(place => place.Node is null).ToList();
        var nodes = rows.Where(place => place.Node is not null).ToList();
        var drawn = all.Concat(nodes.Take(MostNodes)).Select(place => new Row(place, [.. place.Phases.Where(_leaves.Contains)])).ToList();
        var chain = ChainLines().ToList();
        var height = LineHeight * (chain.Count + 9) + (RowHeight * drawn.Sum(row => row.Lanes));
        _xml.WriteStartDocument();
        _xml.WriteStartElement("svg", Namespace);
        Attributes(("width", Left + ChartWidth + 40), ("height", height), ("font-family", "sans-serif"), ("font-size", 12));
        _xml.WriteAttributeString("viewBox", Text($"0 0 {Left + ChartWidth + 40} {height}"));
        Element("title", _trace.Title);
        Element("rect", null, ("width", "100%"), ("height", "100%"), ("fill", "white"));
        _y = LineHeight + 6;
        Line(_trace.Title, ("font-size", 16), ("font-weight", "bold"));
        Line($"Waited longest for: {_trace.WaitedFor}", ("font-weight", "bold"));
        chain.ForEach(line => Line(line));
        DrawLegend();
        DrawAxis(drawn.Sum(row => row.Lanes) * RowHeight);
        drawn.ForEach(DrawRow);
        if (nodes.Skip(MostNodes).FirstOrDefault() is { } next)
        {
            _y += LineHeight;
            var done = (next.EndedAt - _trace.StartedAt).TotalSeconds;
            Line(Text($"{Plural.Of(nodes.Count - MostNodes, "more node")}; all of them were done after {done:0.000} s."));
        }

        _xml.WriteEndElement();
        _xml.WriteEndDocument();
    }

    /// <summary>The chain of what was waited for, in lines of some of its links each.</summary>
    private IEnumerable<string> ChainLines()
    {
        const int LinksPerLine = 3;
        var links = _trace.Chain.Links.Select(link => Text($"{WhereOf(link)}{link.Words} {link.TookSec:0.000} s"));
        var first = true;
        foreach (var some in links.Chunk(LinksPerLine))
        {
            yield return (first ? "One after the other: " : "then ") + string.Join(", then ", some);
            first = false;
        }
    }

    private void DrawLegend()
    {
        var x = 10.0;
        foreach (var kind in _kinds)
        {
            var width = 20 + (kind.Length * CharacterWidth) + 14;
            if (x + width > Left + ChartWidth)
            {
                (x, _y) = (10, _y + LineHeight);
            }

            Element("rect", null, ("x", x), ("y", _y - 10), ("width", 12), ("height", 12), ("fill", ColourOf(kind)));
            Element("text", kind, ("x", x + 16), ("y", _y));
            x += width;
        }

        _y += LineHeight;
        Line("A bar with a dark edge was waited for; one with a red edge failed; a pale one was interrupted.", ("fill", "#555"));
    }

    private void DrawAxis(int height)
    {
        const int Ticks = 10;
        var step = StepOf(_trace.TookSec / Ticks);
        for (var tick = 0; tick * step <= _trace.TookSec; tick++)
        {
            var x = Left + (tick * step * _scale);
            Element("line", null, ("x1", x), ("x2", x), ("y1", _y + 4), ("y2", _y + 8 + height), ("stroke", "#ddd"));
            Element("text", Text($"{tick * step:0.######} s"), ("x", x), ("y", _y), ("text-anchor", "middle"), ("fill", "#555"));
        }

        _y += 8;
    }

    /// <summary>The next of 1, 2, 5, 10 … that is no smaller.</summary>
    private static double StepOf(double least)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(Math.Max(least, 1e-6))));
        return Factors.Select(factor => factor * power).First(step => step >= least * 0.999);
    }

    private void DrawRow(Row row)
    {
        var waited = row.Bars.Any(_links.Contains);
        Element(
            "text",
            row.Place.Name,
            ("x", Left - 8),
            ("y", _y + BarHeight - 3),
            ("text-anchor", "end"),
            ("font-weight", waited ? "bold" : "normal"));
        foreach (var (bar, lane) in row.Bars.Zip(row.LaneOf))
        {
            DrawBar(bar, _y + (lane * RowHeight));
        }

        _y += row.Lanes * RowHeight;
    }

    private void DrawBar(HpcPhase bar, int y)
    {
        var x = Left + ((bar.StartedAt - _trace.StartedAt).TotalSeconds * _scale);
        var width = Math.Max(bar.TookSec * _scale, 1);
        var failed = bar.Outcome == nameof(PhaseOutcome.Error);
        var edge = failed ? "#c00" : _links.Contains(bar) ? "#000" : "none";
        var opacity = bar.Outcome == nameof(PhaseOutcome.Cancelled) ? 0.4 : 1;
        _xml.WriteStartElement("g", Namespace);
        Element("title", Text($"{WhereOf(bar)}{bar.Words}, {bar.TookSec:0.0000} s {bar.Outcome} {bar.ErrorId}").TrimEnd());
        Element(
            "rect",
            null,
            ("x", x),
            ("y", y),
            ("width", width),
            ("height", BarHeight),
            ("fill", ColourOf(bar.Phase)),
            ("fill-opacity", opacity),
            ("stroke", edge),
            ("stroke-width", 2));
        var label = LabelOf(bar, width);
        if (label.Length > 0)
        {
            Element("text", label, ("x", x + 4), ("y", y + BarHeight - 4), ("font-size", 11));
        }

        _xml.WriteEndElement();
    }

    /// <summary>As much of it as has room; the rest shows when one points at the bar.</summary>
    private static string LabelOf(HpcPhase bar, double width)
    {
        var time = Text($"{bar.TookSec:0.000}");
        string[] labels = [$"{bar.Words} {time} s", $"{bar.Phase} {time}", time];
        return Array.Find(labels, label => label.Length * CharacterWidth < width - 4) ?? "";
    }

    private static string WhereOf(HpcPhase phase) => phase.Node is null ? "" : $"{phase.Node}: ";

    private string ColourOf(string kind) => Colours[_kinds.IndexOf(kind) % Colours.Length];

    private void Line(string text, params (string Name, object Value)[] attributes)
    {
        Element("text", text, [("x", 10), ("y", _y), .. attributes]);
        _y += LineHeight;
    }

    private void Element(string name, string? text, params (string Name, object Value)[] attributes)
    {
        _xml.WriteStartElement(name, Namespace);
        Attributes(attributes);
        _xml.WriteString(text is null ? null : string.Concat(text.Select(letter => XmlConvert.IsXmlChar(letter) ? letter : '?')));
        _xml.WriteEndElement();
    }

    private void Attributes(params (string Name, object Value)[] attributes)
    {
        foreach (var (name, value) in attributes)
        {
            _xml.WriteAttributeString(name, Text($"{value:0.##}"));
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>A place with its bars, of which those that cross lie in lanes below each other.</summary>
    private sealed record Row(TracePlace Place, IReadOnlyList<HpcPhase> Bars)
    {
        public IReadOnlyList<int> LaneOf { get; } = TraceLanes.Of(Bars, nested: false);

        public int Lanes => LaneOf.Count == 0 ? 1 : LaneOf.Max() + 1;
    }
}
