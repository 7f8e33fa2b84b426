using System.Text.RegularExpressions;
using PisaHpc.Unit.Face;

namespace PisaHpc.Unit.House;

/// <summary>A folder with many files says where to begin.</summary>
public sealed partial class ReadmeTests
{
    private const int Many = 10;

    public static TheoryData<string> Folders =>
    [
        .. from file in Rooms.SourcesOf("PisaHpc", "PisaHpc.Adapters", "PisaHpc.Module", "PisaHpc.Host", "PisaHpc.Hook")
           group file by Path.GetDirectoryName(file)! into folder
           where folder.Count() > Many
           select folder.Key,
    ];

    [Theory]
    [MemberData(nameof(Folders))]
    public void It_has_a_page_that_names_the_file_to_begin_with(string folder)
    {
        var path = Checkout.PathOf("src", folder);
        var page = File.ReadAllText(Path.Combine(path, "README.md"));
        Assert.Contains("Begin with `", page, StringComparison.Ordinal);
        Assert.All(FileNames().Matches(page), name => Assert.True(File.Exists(Path.Combine(path, name.Groups[1].Value)), name.Value));
    }

    [Theory]
    [InlineData("CONTRIBUTING.md")]
    [InlineData("docs/design.md")]
    public void A_path_that_a_page_names_leads_somewhere(string page) => Assert.All(
        Paths().Matches(File.ReadAllText(Checkout.PathOf(page))),
        path => Assert.True(Path.Exists(Checkout.PathOf(path.Groups[1].Value)), path.Value));

    [GeneratedRegex("`((?:src|tests|lab|bench|docs|build)/[^`* ]+)`")]
    private static partial Regex Paths();

    [GeneratedRegex("`([^`]+[.]cs)`")]
    private static partial Regex FileNames();
}
