using System.Collections;
using System.Management.Automation.Language;

namespace PisaHpc.Unit.Face;

public sealed class ManifestTests
{
    private static readonly Hashtable Manifest = Read();

    [Fact]
    public void It_exports_exactly_the_assemblys_cmdlets() =>
        Assert.Equal(CmdletFacts.All.Select(cmdlet => cmdlet.Name), Strings("CmdletsToExport").Order(StringComparer.Ordinal));

    [Fact]
    public void It_names_its_exports_in_order_and_without_wildcards()
    {
        Assert.Equal(Strings("CmdletsToExport").Order(StringComparer.Ordinal), Strings("CmdletsToExport"));
        Assert.All(
            (string[])["CmdletsToExport", "FunctionsToExport", "VariablesToExport", "AliasesToExport"],
            key => Assert.DoesNotContain(Strings(key), name => name.Contains('*', StringComparison.Ordinal)));
    }

    [Fact]
    public void Every_file_that_it_names_exists() =>
        Assert.All(
            [.. Strings("FormatsToProcess"), .. Strings("NestedModules"), (string)Manifest["RootModule"]!],
            file => Assert.True(File.Exists(Checkout.PathOf(file)), file));

    [Fact]
    public void The_changelog_knows_its_version() =>
        Assert.Contains($"\n## {Manifest["ModuleVersion"]} ", File.ReadAllText(Checkout.PathOf("CHANGELOG.md")), StringComparison.Ordinal);

    private static IEnumerable<string> Strings(string key) => ((IEnumerable)Manifest[key]!).Cast<string>();

    private static Hashtable Read()
    {
        var tree = Parser.ParseFile(Checkout.PathOf("PisaHpc.psd1"), out _, out var errors);
        Assert.Empty(errors);
        var table = (HashtableAst)tree.Find(node => node is HashtableAst, searchNestedScriptBlocks: false)!;
        return (Hashtable)table.SafeGetValue();
    }
}
