using System.Text.RegularExpressions;
using PisaHpc.Unit.House;

namespace PisaHpc.Unit.Face;

/// <summary>Rules of every message, which the sources show.</summary>
public sealed partial class MessageTests
{
    /// <summary>Lines that quote by hand what is no foreign value: commands to type, and scripts.</summary>
    private static readonly string[] QuotedByHand =
    [
        "Get-HpcJob '", "Stop-HpcJob ", "Get-HpcContainer {", "Update-HpcImage ", "Get-JobPort -Path", "Remove-JobSshConfig '",
        "echo '", "printf '",
        "{name}: host'", "echo '{{Section}}", "word.Word", "Add '{", "string Argument(string list)", "Write '{", "value.Replace(",
    ];

    public static TheoryData<string> Sources =>
    [
        .. Rooms.SourcesOf("PisaHpc", "PisaHpc.Adapters", "PisaHpc.Module", "PisaHpc.Hook")
            .Where(file => Path.GetFileName(file) is not ("Quote.cs" or "Plural.cs")),
    ];

    [Theory]
    [MemberData(nameof(Sources))]
    public void A_foreign_value_is_quoted_by_the_one_function(string file) => Assert.DoesNotContain(
        LinesOf(file), line => HandQuoted().IsMatch(line) && !Array.Exists(QuotedByHand, line.Contains));

    [Theory]
    [MemberData(nameof(Sources))]
    public void No_message_leaves_a_name_to_fill_in(string file) =>
        Assert.DoesNotContain(LinesOf(file), line => Placeholder().IsMatch(line));

    [Theory]
    [MemberData(nameof(Sources))]
    public void One_of_a_thing_is_no_plural(string file) => Assert.DoesNotContain(LinesOf(file), line => Counted().IsMatch(line));

    [Theory]
    [InlineData("""$"Environment '{name}' is not defined" """)]
    [InlineData("""$"'{site.Name.Trim()}' is wrong" """)]
    public void A_value_quoted_by_hand_is_seen(string line) => Assert.Matches(HandQuoted(), line);

    [Theory]
    [InlineData("""  "See the examples: Get-Help COMMAND -Examples." """)]
    [InlineData("""  "ssh NODE true." """)]
    public void A_name_to_fill_in_is_seen(string line) => Assert.Matches(Placeholder(), line);

    [Theory]
    [InlineData("""$"{nodes} nodes were asked" """)]
    [InlineData("""$"{nodes.Count:N0} nodes" """)]
    [InlineData("""$"{nodes} node(s)" """)]
    public void A_plural_of_any_number_is_seen(string line) => Assert.Matches(Counted(), line);

    private static IEnumerable<string> LinesOf(string file) => Rooms.Text(file).Split('\n')
        .Where(line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal));

    [GeneratedRegex(@"'\{[^{}']+\}'")]
    private static partial Regex HandQuoted();

    /// <summary>A word that stands for another, after a command or an option in a text.</summary>
    [GeneratedRegex("""
        "[^"]*(-[A-Za-z]+|[a-z]+|:) (NODES?|COMMAND|USER|FILE|NAME|JOB|IMAGE|VALUE|HOST(:PORT)?)\b[^"]*"
        """)]
    private static partial Regex Placeholder();

    /// <summary>A number of any size before a plural; a limit that the code names is never one.</summary>
    [GeneratedRegex(
        @"\(s\)[ .,""]|\{(?!limit|Max|HostList\.Max|HostNames\.Max|open\b)[A-Za-z_][A-Za-z_.]*(\(\))?(:N0)?\} "
        + "(nodes|jobs|containers|images|ports|files|layers|ranks|slots|words|errors|checks|cores|characters|others)\\b(?!=)")]
    private static partial Regex Counted();
}
