using System.Text.Json;
using System.Text.RegularExpressions;
using PisaHpc.Tracing;

namespace PisaHpc.Unit.Face;

/// <summary>The topics of docs/about: short, in the form that help has, and complete where they list something.</summary>
public sealed partial class AboutTopicTests
{
    private const int MostLines = 150;

    /// <summary>The folder of the topics.</summary>
    internal static string Folder { get; } = Checkout.PathOf("docs", "about");

    public static TheoryData<string> Names =>
        [.. Directory.EnumerateFiles(Folder).Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_topic_has_the_form_of_one(string name)
    {
        var text = Read(name);
        Assert.StartsWith($"# {name}\n\n## SHORT DESCRIPTION\n\n", text, StringComparison.Ordinal);
        Assert.Equal(
            ["SHORT DESCRIPTION", "LONG DESCRIPTION", "SEE ALSO"], Markdown.Sections(text, 2).Skip(1).Select(section => section.Title));
        Assert.True(text.Split('\n').Length <= MostLines + 1, $"{name} has more than {MostLines} lines.");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Its_links_lead_somewhere(string name) => Assert.All(
        Link().Matches(Read(name)).Select(match => match.Groups[1].Value),
        link => Assert.True(File.Exists(Path.Combine(Folder, link)), $"{link} does not exist."));

    [Fact]
    public void Every_error_id_is_listed()
    {
        var listed = Markdown.Sections(Read("about_PisaHpc_Automation"), 3).Single(section => section.Title == "Error ids").Body;
        Assert.All(Enum.GetNames<ErrorId>(), id => Assert.Contains($"`{id}`", listed, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_phase_has_its_row_with_the_words_of_its_verbose_line()
    {
        var rows = Markdown.Sections(Read("about_PisaHpc_Phases"), 3).Single(section => section.Title == "Phases").Body.Split('\n');
        Assert.Equal(
            Enum.GetValues<Phase>().Select(phase => $"| `{phase}` | {PhaseWords.Of(phase)} |"),
            rows.Where(row => row.StartsWith("| `", StringComparison.Ordinal)));
    }

    [Fact]
    public void Every_tag_of_a_phase_has_a_row() => Assert.All(
        new[] { Phases.NodeTag, Phases.JobTag, Phases.DetailTag, Phases.ErrorTag, Phases.CancelledTag },
        tag => Assert.Contains($"| `{tag}` |", Read("about_PisaHpc_Phases"), StringComparison.Ordinal));

    [Fact]
    public void Every_key_of_the_site_definition_has_a_row()
    {
        using var schema = JsonDocument.Parse(File.ReadAllText(Checkout.PathOf("docs", "site.schema.json")));
        var rows = Read("about_PisaHpc_Site").Split('\n').Where(line => line.StartsWith('|')).ToArray();
        Assert.All(KeysOf(schema.RootElement, schema.RootElement, ""), key =>
            Assert.True(rows.Any(row => row.Split('|')[1].Contains($"`{key}`", StringComparison.Ordinal)), $"{key} has no row."));
    }

    /// <summary>Keys with their paths; those of the settings, which three places share, begin at the setting.</summary>
    private static IEnumerable<string> KeysOf(JsonElement schema, JsonElement node, string path)
    {
        if (node.TryGetProperty("$ref", out var reference))
        {
            node = schema.GetProperty("$defs").GetProperty(reference.GetString()!.Split('/')[^1]);
        }

        if (!node.TryGetProperty("properties", out var properties))
        {
            if (path.Length > 0)
            {
                yield return path;
            }

            yield break;
        }

        foreach (var property in properties.EnumerateObject())
        {
            var below = path is "defaults" ? property.Name : path.Length == 0 ? property.Name : $"{path}.{property.Name}";
            foreach (var key in KeysOf(schema, property.Value, below))
            {
                yield return key;
            }
        }
    }

    private static string Read(string name) => File.ReadAllText(Path.Combine(Folder, name + ".md"));

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();
}
