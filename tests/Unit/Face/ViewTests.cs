using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace PisaHpc.Unit.Face;

/// <summary>The views: every type that a cmdlet puts out has a table that fits a terminal.</summary>
public sealed partial class ViewTests
{
    /// <summary>The columns of the narrowest terminal that somebody works at.</summary>
    private const int Columns = 80;

    /// <summary>What a column without a width needs at least, to say something.</summary>
    private const int LeastWidth = 21;

    private static readonly List<XElement> Views =
    [
        .. from view in XDocument.Load(Checkout.PathOf("PisaHpc.Format.ps1xml")).Descendants("View")
           where view.Element("TableControl") is not null
           select view,
    ];

    public static TheoryData<string> Outputs =>
    [
        .. (from cmdlet in CmdletFacts.All
            from type in cmdlet.Outputs
            where type.Assembly == typeof(HpcException).Assembly
            select type.FullName!).Distinct(),
    ];

    public static TheoryData<string> Viewed => [.. Views.Select(Selected).Distinct()];

    public static TheoryData<string> Gotten =>
    [
        .. (from cmdlet in CmdletFacts.All
            where cmdlet.Declaration.VerbName == VerbsCommon.Get
            from type in cmdlet.Outputs
            select type.FullName!).Distinct(),
    ];

    [Theory]
    [MemberData(nameof(Outputs))]
    public void Every_output_has_a_table(string type) => Assert.Contains(Views, view => Selected(view) == type);

    /// <summary>
    /// PowerShell leaves out the last columns where not all have room, and gives a column without a width what is left: the last one has
    /// none, and uses the room of a wide terminal.
    /// </summary>
    [Theory]
    [MemberData(nameof(Viewed))]
    public void Every_column_of_a_table_has_room_on_80_columns_and_the_last_uses_what_more_there_is(string type)
    {
        foreach (var view in Views.Where(view => Selected(view) == type))
        {
            var widths = WidthsOf(view);
            var total = widths.Sum(width => width ?? LeastWidth) + widths.Count - 1;
            Assert.True(total <= Columns, $"{type}: {total} columns");
            Assert.True(widths[^1] is null || widths.TrueForAll(width => width is not null), $"{type}: the last column has a width.");
            Assert.DoesNotContain(null, widths[..^1]);
        }
    }

    [Theory]
    [MemberData(nameof(Viewed))]
    public void No_header_is_broken(string type)
    {
        foreach (var view in Views.Where(view => Selected(view) == type))
        {
            var widths = WidthsOf(view);
            var rest = Columns - widths.Sum(width => width ?? 0) - widths.Count + 1;
            Assert.All(
                view.Descendants("Label").Select(label => label.Value).Zip(widths),
                column => Assert.True(column.First.Length <= (column.Second ?? Math.Max(rest, LeastWidth)), $"{type}: {column.First}"));
        }
    }

    [Theory]
    [MemberData(nameof(Viewed))]
    public void A_table_has_as_many_headers_as_items_and_shows_properties_that_exist(string type)
    {
        var shown = typeof(HpcException).Assembly.GetType(type.Split('#')[0]);
        Assert.True(shown is not null, $"{type} is viewed and does not exist.");
        foreach (var view in Views.Where(view => Selected(view) == type))
        {
            Assert.All(view.Descendants("TableRowEntry"), row => Assert.Equal(
                view.Descendants("TableColumnHeader").Count(), row.Descendants("TableColumnItem").Count()));
            Assert.All(
                view.Descendants("TableColumnItem").Elements("PropertyName"),
                item => Assert.True(shown.GetProperty(item.Value) is not null, $"{type} has no {item.Value}"));
            Assert.All(
                from script in view.Descendants("ScriptBlock")
                from member in MemberName().Matches(script.Value)
                select member.Groups["name"].Value,
                name => Assert.True(shown.GetMember(name).Length > 0, $"{type} has no {name}"));
        }
    }

    /// <summary>A reader looks for what is red.</summary>
    [Theory]
    [MemberData(nameof(Viewed))]
    public void A_word_that_says_how_something_is_has_a_tone(string type)
    {
        string[] words = ["State", "Result", "Severity", "Status", "Outcome", "ExitCode", "Exit"];
        foreach (var view in Views.Where(view => Selected(view) == type))
        {
            var columns = view.Descendants("TableColumnHeader").Zip(view.Descendants("TableColumnItem"))
                .Select(column => (Label: column.First.Element("Label")!.Value, Shown: column.Second.Value)).ToList();
            // An exit code beside a status is that of the status.
            Assert.All(
                columns.Where(column => words.Contains(column.Label))
                    .Where(column => column.Label != "ExitCode" || columns[0].Label != "Status"),
                column => Assert.Contains("StateTone]::Paint(", column.Shown, StringComparison.Ordinal));
        }
    }

    /// <summary>Who only looks changes nothing: a column that says so of every row says nothing.</summary>
    [Theory]
    [MemberData(nameof(Gotten))]
    public void What_a_Get_puts_out_has_no_column_of_what_changed(string type) => Assert.All(
        Views.Where(view => Selected(view) == type),
        view => Assert.DoesNotContain("Changed", view.Descendants("Label").Select(label => label.Value)));

    [Theory]
    [MemberData(nameof(Viewed))]
    public void Numbers_stand_below_each_other_by_their_last_digit(string type)
    {
        var shown = typeof(HpcException).Assembly.GetType(type.Split('#')[0])!;
        Assert.All(
            from view in Views
            where Selected(view) == type
            from column in view.Descendants("TableColumnHeader").Zip(view.Descendants("TableColumnItem"))
            where column.Second.Element("PropertyName") is { } name && IsNumber(shown.GetProperty(name.Value)!.PropertyType)
            select column.First,
            header => Assert.True(header.Element("Alignment")?.Value == "Right", $"{type}: {header.Element("Label")?.Value}"));
    }

    /// <summary>Who looks at a clock, and says -Since, means his own time.</summary>
    [Theory]
    [MemberData(nameof(Viewed))]
    public void Times_are_those_of_the_reader_s_clock(string type)
    {
        var shown = typeof(HpcException).Assembly.GetType(type.Split('#')[0])!;
        foreach (var view in Views.Where(view => Selected(view) == type))
        {
            Assert.All(
                view.Descendants("ScriptBlock").Where(script => ClockTime().IsMatch(script.Value)),
                script => Assert.Contains(".ToLocalTime()", script.Value, StringComparison.Ordinal));
            Assert.All(
                view.Descendants("TableColumnItem").Elements("PropertyName"),
                name => Assert.False(IsTime(shown.GetProperty(name.Value)!.PropertyType), $"{type}: {name.Value} is as it is kept."));
        }
    }

    /// <summary>A script that fails shows nothing, and nobody is told (about_Format.ps1xml).</summary>
    [Fact]
    public void The_types_that_scripts_of_views_use_exist() => Assert.All(
        from script in Views.Descendants("ScriptBlock")
        from match in TypeName().Matches(script.Value)
        select match.Groups["name"].Value,
        name => Assert.True(typeof(HpcException).Assembly.GetType(name) is not null, $"{name} is used and does not exist."));

    [Fact]
    public void The_engine_takes_the_file() => _ = new FormatTable([Checkout.PathOf("PisaHpc.Format.ps1xml")]);

    private static List<int?> WidthsOf(XElement view) =>
    [
        .. from header in view.Descendants("TableColumnHeader")
           select header.Element("Width") is { } width ? int.Parse(width.Value, CultureInfo.InvariantCulture) : (int?)null,
    ];

    /// <summary>The type's name; behind a <c>#</c> what tells objects of it apart that have a view of their own.</summary>
    private static string Selected(XElement view) => view.Element("ViewSelectedBy")!.Element("TypeName")!.Value;

    private static bool IsNumber(Type type) =>
        (Nullable.GetUnderlyingType(type) ?? type) is { IsPrimitive: true } plain && plain != typeof(bool) && plain != typeof(char);

    private static bool IsTime(Type type) =>
        (Nullable.GetUnderlyingType(type) ?? type) is var plain && (plain == typeof(DateTimeOffset) || plain == typeof(DateTime));

    [GeneratedRegex(@"ToString\('[^']*(HH|dd)")]
    private static partial Regex ClockTime();

    [GeneratedRegex(@"\$_\.(?<name>[A-Za-z]\w*)")]
    private static partial Regex MemberName();

    [GeneratedRegex(@"\[(?<name>PisaHpc\.[A-Za-z.]+)\]")]
    private static partial Regex TypeName();
}
