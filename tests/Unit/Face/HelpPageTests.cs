using System.Reflection;
using System.Text.RegularExpressions;

namespace PisaHpc.Unit.Face;

/// <summary>The pages of docs/cmdlets say what the cmdlets are. A failure shows the block that the page should have.</summary>
public sealed partial class HelpPageTests
{
    public static TheoryData<string> Cmdlets => CmdletFacts.Names;

    [Fact]
    public void Every_cmdlet_has_a_page_and_every_page_a_cmdlet() =>
        Assert.Equal(CmdletFacts.All.Select(cmdlet => cmdlet.Name), HelpPage.Names);

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void The_page_has_the_schemas_front_matter_and_sections(string name)
    {
        var page = HelpPage.Of(name);
        Assert.StartsWith(
            "---\ndocument type: cmdlet\nexternal help file: PisaHpc.Module.dll-Help.xml\nHelpUri: ''\nLocale: en-US\n"
                + "Module Name: PisaHpc\nms.date: ",
            page.Text,
            StringComparison.Ordinal);
        Assert.Contains($"\nPlatyPS schema version: 2024-05-01\ntitle: {name}\n---\n\n# {name}\n", page.Text, StringComparison.Ordinal);
        Assert.Equal(HelpPage.Titles, page.Sections.Skip(1).Select(section => section.Title));
        Assert.All(HelpPage.Titles.Except(["ALIASES"]), title => Assert.True(page.Section(title).Length > 0, $"{title} is empty."));
        Assert.DoesNotContain("{{", page.Text, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Its_syntax_is_the_cmdlets(string name)
    {
        var wanted = new HelpBlocks(name).Syntaxes;
        var written = HelpPage.Of(name)
            .Parts("SYNTAX")
            .Select(part => (part.Title, OneLine(Assert.Single(Markdown.Fences(part.Body, "")))));
        Assert.Equal(wanted.OrderBy(set => set.Title, StringComparer.Ordinal), written.OrderBy(set => set.Title, StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Each_parameter_has_a_section_in_order_and_no_other_thing_has_one(string name)
    {
        var wanted = new HelpBlocks(name).Parameters.Select(parameter => "-" + parameter.Name).Order(StringComparer.OrdinalIgnoreCase);
        Assert.Equal([.. wanted, "CommonParameters"], HelpPage.Of(name).Parts("PARAMETERS").Select(part => part.Title));
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Each_parameter_is_described_and_its_block_agrees_with_the_cmdlet(string name)
    {
        var (blocks, page) = (new HelpBlocks(name), HelpPage.Of(name));
        Assert.All(blocks.Parameters, parameter =>
        {
            var section = page.Parameters[parameter.Name];
            Assert.True(Markdown.Prose(section).Length > 0, $"-{parameter.Name} is not described.");
            Assert.Equal(blocks.Yaml(parameter), Assert.Single(Markdown.Fences(section, "yaml")));
        });
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Its_outputs_are_the_declared_ones(string name)
    {
        var declared = CmdletFacts.Named(name).Outputs.Select(type => type.FullName);
        Assert.Equal(declared, HelpPage.Of(name).Parts("OUTPUTS").Select(part => part.Title));
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void The_properties_that_its_outputs_are_said_to_have_exist(string name)
    {
        foreach (var type in CmdletFacts.Named(name).Outputs)
        {
            var known = Properties(type).Concat(Properties(type).SelectMany(property => Properties(Element(property.PropertyType))));
            var said = Word().Matches(HelpPage.Of(name).Parts("OUTPUTS").Single(part => part.Title == type.FullName).Body);
            Assert.All(said.Select(match => match.Groups[1].Value), word => Assert.Contains(word, known.Select(property => property.Name)));
        }
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Its_inputs_are_types_that_exist_or_none(string name)
    {
        var inputs = HelpPage.Of(name).Parts("INPUTS");
        var takes = new HelpBlocks(name).Parameters
            .SelectMany(parameter => parameter.ParameterSets.Values)
            .Any(set => set.ValueFromPipeline || set.ValueFromPipelineByPropertyName);
        Assert.Equal(takes, inputs.All(input => input.Title != "None"));
        Assert.All(inputs, input => Assert.True(
            input.Title == "None"
                || typeof(HpcException).Assembly.GetType(input.Title) is not null
                || Type.GetType(input.Title) is not null,
            $"{input.Title} does not exist."));
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Its_links_lead_somewhere(string name) =>
        Assert.All(Link().Matches(HelpPage.Of(name).Text).Select(match => match.Groups[1].Value), link => Assert.True(
            link.StartsWith("https://go.microsoft.com/", StringComparison.Ordinal) || File.Exists(Path.Combine(HelpPage.Folder, link)),
            $"{link} does not exist."));

    [Fact]
    public void The_modules_page_lists_each_cmdlet_with_its_synopsis()
    {
        var page = File.ReadAllText(Path.Combine(HelpPage.Folder, "PisaHpc.md"));
        Assert.Contains("\ndocument type: module\n", page, StringComparison.Ordinal);
        var listed = Markdown.Sections(page, 2).Single(section => section.Title == "PisaHpc Cmdlets").Body;
        var wanted = HelpPage.Names.Select(name => ($"[{name}]({name}.md)", HelpPage.Of(name).Section("SYNOPSIS")));
        Assert.Equal(wanted, Markdown.Sections(listed, 3).Skip(1).Select(part => (part.Title, part.Body)));
    }

    private static PropertyInfo[] Properties(Type type) =>
        type.Assembly == typeof(HpcException).Assembly ? type.GetProperties(BindingFlags.Public | BindingFlags.Instance) : [];

    private static Type Element(Type type) =>
        type.IsArray ? type.GetElementType()! : type.IsGenericType ? type.GetGenericArguments()[^1] : type;

    private static string OneLine(string text) => Blanks().Replace(text.Trim(), " ");

    [GeneratedRegex("`([A-Z][A-Za-z]+)`")]
    private static partial Regex Word();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();
}
