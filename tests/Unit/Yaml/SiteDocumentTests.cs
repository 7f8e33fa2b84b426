using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using PisaHpc.Adapters.Yaml;
using PisaHpc.Sites;

namespace PisaHpc.Unit.Yaml;

/// <summary>The published JSON Schema and the example are what the reader reads.</summary>
public sealed partial class SiteDocumentTests
{
    private static readonly JsonSerializerOptions Written = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static string Root { get; } = FindRoot(AppContext.BaseDirectory);

    private static string SchemaFile => Path.Combine(Root, "docs", "site.schema.json");

    [Fact]
    public void The_published_schema_is_made_from_the_reader_s_table()
    {
        var schema = SiteSchema.ToJsonSchema().ToJsonString(Written) + "\n";
        if (Environment.GetEnvironmentVariable("UPDATE_SCHEMA") == "1")
        {
            File.WriteAllText(SchemaFile, schema);
        }

        Assert.True(
            schema == File.ReadAllText(SchemaFile), $"{SchemaFile} is out of step; UPDATE_SCHEMA=1 dotnet test tests/Unit writes it anew.");
    }

    [Fact]
    public void Every_key_of_the_schema_has_a_description()
    {
        Assert.All(Properties(SiteSchema.ToJsonSchema()), property => Assert.False(string.IsNullOrEmpty(property.Value?["description"]?.ToString()), property.Key));
    }

    [Fact]
    public void The_schema_knows_the_keys_that_the_reader_knows()
    {
        var keys = Properties(JsonNode.Parse(File.ReadAllText(SchemaFile))!).Select(property => property.Key).ToHashSet();

        Assert.Superset(SettingsSchema.Keys.Select(key => key.Name).ToHashSet(), keys);
        string[] others = ["registry", "portArea", "runDirectory", "memoryPerSlot", "propagation", "knownHosts", "aliases", "environment"];
        Assert.Superset(others.ToHashSet(), keys);
    }

    [Fact]
    public void The_example_is_read_without_errors_or_warnings()
    {
        var (site, findings) = SiteReader.Examine(Path.Combine(Root, "docs", "site.example.yaml"));

        Assert.Empty(findings);
        Assert.DoesNotContain(SiteAudit.Examine(site!, new EphemeralPorts(32768, 60999)), finding => finding.Rule != "FileMissing");
    }

    [Fact]
    public void The_example_names_its_schema()
    {
        Assert.Equal("# yaml-language-server: $schema=./site.schema.json", File.ReadLines(Path.Combine(Root, "docs", "site.example.yaml")).First());
    }

    [Fact]
    public void The_example_merges_as_its_comments_say()
    {
        var (site, _) = SiteReader.Examine(Path.Combine(Root, "docs", "site.example.yaml"));
        var mpich = EnvironmentResolver.Resolve(site!, "debian12-mpich", null, EnvironmentLayer.Empty);
        var isolated = EnvironmentResolver.Resolve(site!, "isolated", "hpc", EnvironmentLayer.Empty);

        Assert.Equal("registry.example:5000/pisa/hpc:deb12", mpich.Image);
        Assert.Equal("10.10.13.0/24", mpich.MpiNetwork);
        Assert.Empty(mpich.Aliases);
        Assert.Equal("/etc/resolv.conf", Assert.Single(isolated.Mounts).Source);
    }

    [Fact]
    public void The_lab_s_template_is_a_definition_once_its_words_are_filled_in()
    {
        var template = File.ReadAllText(Path.Combine(Root, "lab", "site.yaml"));
        var text = template.Replace("@NODES@", "o2wn[01-02]", StringComparison.Ordinal).Replace("@REGISTRY@", "10.10.13.254:5000", StringComparison.Ordinal)
            .Replace("@PORT_FIRST@", "22000", StringComparison.Ordinal).Replace("@PORT_LAST@", "22999", StringComparison.Ordinal);
        var (site, findings) = SiteReader.Examine(SiteText.File, LabPath().Replace(text, "/lab/path"));

        Assert.Empty(findings);
        Assert.Equal("debian12", EnvironmentResolver.Resolve(site!, null, "hpc", EnvironmentLayer.Empty).Name);
    }

    [GeneratedRegex("@[A-Z_]+@")]
    private static partial Regex LabPath();

    private static IEnumerable<KeyValuePair<string, JsonNode?>> Properties(JsonNode? node) => node switch
    {
        JsonObject map => (map["properties"] as JsonObject ?? []).Concat(map.SelectMany(entry => Properties(entry.Value))),
        JsonArray list => list.SelectMany(Properties),
        _ => [],
    };

    private static string FindRoot(string directory) =>
        File.Exists(Path.Combine(directory, "PisaHpc.slnx")) ? directory : FindRoot(Path.GetDirectoryName(directory)!);
}
