using System.Management.Automation;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using PisaHpc.Containers;
using PisaHpc.Environments;
using PisaHpc.Images.Update;
using PisaHpc.Jobs;
using PisaHpc.Preflight;

namespace PisaHpc.Unit.Face;

/// <summary>
/// The tables as they are read: on a terminal of 80, 120 and 200 columns, and of 79, which a table that is drawn again in its place has of
/// 80. What somebody decides by is whole, on as many lines as it takes.
/// </summary>
public sealed partial class RenderedViewTests(ViewRendering session) : IClassFixture<ViewRendering>
{
    private static readonly int[] Widths = [79, 80, 120, 200];

    /// <summary>Tables in which the last column is what was asked for, and another one says how it ended.</summary>
    private static readonly string[] CutLast =
        ["PisaHpc.Containers.Commands.HpcContainerCommandResult", "PisaHpc.Jobs.HpcJobResult"];

    /// <summary>
    /// What a last column asks for and does not show as it is: of a file its name, of an outcome that is well nothing, of a node that is
    /// not ready neither engine nor kernel, and of what a reason says the node.
    /// </summary>
    private static readonly string[] NotShown = ["File", "Outcome", "Node", "EngineVersion", "Kernel"];

    private static readonly List<XElement> Views =
    [
        .. from view in XDocument.Load(Checkout.PathOf("PisaHpc.Format.ps1xml")).Descendants("View")
           where view.Element("TableControl") is not null
           select view,
    ];

    public static TheoryData<string, string> Tables
    {
        get
        {
            var tables = new TheoryData<string, string>();
            Views.ForEach(view => tables.Add(TypeOf(view), NameOf(view)));
            return tables;
        }
    }

    [Theory]
    [MemberData(nameof(Tables))]
    public void A_table_fits_with_whole_headers_and_cuts_nothing_that_decides(string type, string view)
    {
        var table = Views.Single(one => TypeOf(one) == type && NameOf(one) == view);
        var labels = table.Descendants("Label").Select(label => label.Value).ToList();
        var (sample, deciding) = Sample(type, table);
        foreach (var width in Widths)
        {
            var lines = Render(sample, type, view, width);
            var header = lines.ToList().FindIndex(line => Rule().IsMatch(line)) - 1;
            Assert.Matches($"^ *{string.Join(" +", labels.Select(Regex.Escape))} *$", lines[header]);
            Assert.All(lines, line => Assert.InRange(line.Length, 1, width));
            if (!CutLast.Contains(type))
            {
                Assert.All(lines, line => Assert.DoesNotContain('\u2026', line));
                Assert.All(deciding, text => Assert.Contains(
                    Solid(text), LastColumn(lines, header, labels[^1]), StringComparison.Ordinal));
            }
        }
    }

    [Theory]
    [InlineData(80)]
    [InlineData(120)]
    [InlineData(200)]
    public void A_node_that_is_not_ready_says_why_and_not_once_more_which_it_is(int width)
    {
        const string reason = "cannot be reached: the host key of o2wn13 is unknown, and it shows SHA256:0123456789abcdef0123456789abcdef.";
        var node = HpcNode.Unreachable("o2wn13", new HpcException(ErrorId.NodeUnreachable, $"Node o2wn13 {reason}", "o2wn13"));
        var lines = session.Lines(node, null, width);
        Assert.Equal(Solid(reason), LastColumn(lines, 0, "Jobs, or why not ready"));
    }

    /// <summary>The engine says it in UTC, and this one in a time that is no machine's.</summary>
    [Fact]
    public void A_line_of_a_log_has_the_reader_s_time()
    {
        var time = new DateTimeOffset(2026, 11, 30, 12, 0, 0, new TimeSpan(5, 41, 0));
        var line = new HpcContainerLogLine("o2wn13", "pisahpc-1", "1", "stdout", time, "ready");
        Assert.StartsWith(
            $"{time.ToLocalTime():HH:mm:ss.fff} o2wn13", session.Lines(line, null, 80)[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void An_update_that_failed_says_why_before_which_image()
    {
        var update = new HpcImageUpdate
        {
            Node = "o2wn13",
            Name = "registry.example.org:5000/materials/openfoam-with-solvers:2026.11",
            State = nameof(ImageUpdateState.Failed),
            Reason = "Node o2wn13 has no room: 2 GiB are free, and the image takes 9 GiB.",
        };
        Assert.Equal(
            Solid($"has no room: 2 GiB are free, and the image takes 9 GiB. ({update.Name})"),
            LastColumn(session.Lines(update, null, 80), 0, "Image, or why it failed"));
    }

    [Fact]
    public void A_difference_reads_as_what_is_there_what_is_declared_and_what_to_do()
    {
        var difference = new HpcEnvironmentDifference
        {
            Node = "o2wn13",
            Static = "cs7",
            Container = "pisahpc-static-cs7",
            Kind = nameof(DifferenceKind.Mount),
            Part = "mount",
            Wanted = "/data:/data:ro",
            Actual = "",
            Severity = nameof(DifferenceSeverity.Warning),
            Remedy = "Sync-HpcEnvironment cs7 -Node o2wn13",
        };
        const string label = "What differs, and what to do";
        Assert.Equal(
            Solid("Mount: nothing, and /data:/data:ro is declared. Sync-HpcEnvironment cs7 -Node o2wn13"),
            LastColumn(session.Lines(difference, null, 80), 0, label));
        Assert.Equal(
            Solid("Mount: nothing, and /data:/data:ro is declared. Sync-HpcEnvironment cs7 -Node 'o2wn[13,15]'"),
            LastColumn(
                session.Lines(HpcEnvironmentDifferenceGroup.Of([difference, Elsewhere(difference)])[0], null, 80), 0, label));
    }

    [Fact]
    public void A_job_s_nodes_are_whole_however_they_are_strewn()
    {
        var nodes = Enumerable.Range(1, 12).Select(n => new HpcJobNode($"o2wn{n * 3:00}", 1, "pisahpc-4711", "Running")).ToList();
        var job = HpcJob.None("4711") with { State = "Running", Nodes = nodes };
        var lines = session.Lines(job, null, 80);
        Assert.Equal("o2wn[03,06,09,12,15,18,21,24,27,30,33,36]", LastColumn(lines, 0, "Nodes"));
        Assert.Contains("12/12 Running", lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public void Groups_of_nodes_that_are_not_alike_do_not_look_alike()
    {
        var node = new HpcNode { Node = "n1", State = "Ready", EngineVersion = "28.0", Kernel = "6.1.0-30-amd64", ActivePorts = 0 };
        var adapter = node with { Node = "n3", Devices = ["mlx5_0", "mlx5_1"], ActivePorts = 1 };
        var groups = HpcNodeGroup.Of(
            [node, node with { Node = "n2", Kernel = "6.1.0-31-amd64" }, adapter, adapter with { Node = "n4", ActivePorts = 2 }]);
        Assert.Equal(
            [
                "28.06.1.0-30-amd64", "28.06.1.0-31-amd64", "28.06.1.0-30-amd64mlx5_0mlx5_1(1active)",
                "28.06.1.0-30-amd64mlx5_0mlx5_1(2active)",
            ],
            groups.Select(group => LastColumn(session.Lines(group, null, 80), 0, "Has, or why not ready")));
    }

    private static HpcEnvironmentDifference Elsewhere(HpcEnvironmentDifference difference) =>
        difference with { Node = "o2wn15", Remedy = difference.Remedy.Replace("o2wn13", "o2wn15", StringComparison.Ordinal) };

    private IReadOnlyList<string> Render(object sample, string type, string view, int width)
    {
        var shown = PSObject.AsPSObject(sample);
        if (type.Contains('#', StringComparison.Ordinal))
        {
            shown.TypeNames.Insert(0, type);
        }

        var isFirst = view == NameOf(Views.First(one => TypeOf(one) == type)) && view != "Table";
        return session.Lines(shown, isFirst ? null : view, width);
    }

    /// <summary>An object whose texts in a table's last column are long, and those texts.</summary>
    private static (object Sample, IReadOnlyList<string> Deciding) Sample(string type, XElement table)
    {
        var shown = typeof(HpcException).Assembly.GetType(type.Split('#')[0])!;
        var sample = SampleOutput.Of(shown)!;
        var last = table.Descendants("TableColumnItem").Last();
        var names = last.Elements("PropertyName").Select(name => name.Value)
            .Concat(Member().Matches(last.Value).Select(match => match.Groups["name"].Value)).Distinct();
        var deciding = new List<string>();
        foreach (var property in names.Select(name => shown.GetProperty(name)).OfType<PropertyInfo>())
        {
            if (property.PropertyType == typeof(string) && property.SetMethod is not null && !NotShown.Contains(property.Name))
            {
                deciding.Add($"{property.Name} of openfoam-with-solvers:2026.11-and-a-tag-that-breaks-nowhere begins here, goes on for as "
                    + $"long as an engine or a batch system that fails can speak, and ends {property.Name}");
                property.SetValue(sample, deciding[^1]);
            }
        }

        return (sample, deciding);
    }

    /// <summary>A table's last column, its lines one after another and without blanks, at which they may break.</summary>
    private static string LastColumn(IReadOnlyList<string> lines, int header, string label)
    {
        var column = lines[header].IndexOf(label, StringComparison.Ordinal);
        return Solid(string.Concat(lines.Skip(header + 2).Where(line => line.Length > column).Select(line => line[column..])));
    }

    private static string Solid(string text) => text.Replace(" ", "", StringComparison.Ordinal);

    private static string TypeOf(XElement view) => view.Element("ViewSelectedBy")!.Element("TypeName")!.Value;

    private static string NameOf(XElement view) => view.Element("Name")!.Value;

    [GeneratedRegex("^[- ]*---[- ]*$")]
    private static partial Regex Rule();

    [GeneratedRegex(@"\$_\.(?<name>[A-Za-z]\w*)")]
    private static partial Regex Member();
}
