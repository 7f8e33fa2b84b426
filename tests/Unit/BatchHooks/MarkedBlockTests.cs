using PisaHpc.BatchHooks;

namespace PisaHpc.Unit.BatchHooks;

/// <summary>Lines of ours at the end of a site's file, and the way back.</summary>
public sealed class MarkedBlockTests
{
    private static readonly string[] Lines = ["Begin Application", "NAME = docker-cs7", "End Application"];

    /// <summary>Files as sites have them; each ends in its own way.</summary>
    public static TheoryData<string> Sites =>
    [
        "", "\n", "A=1\n", "A=1", "A=1\r\nB=2\r\n", "A=1\r\nB=2", "# café \u0085\n", "Begin Application\nNAME = theirs\nEnd Application\n\n\n",
    ];

    [Theory]
    [MemberData(nameof(Sites))]
    public void Taking_out_what_was_joined_gives_the_same_bytes(string site)
    {
        var joined = MarkedBlock.Joined("/f", site, Lines);
        Assert.StartsWith(site, joined, StringComparison.Ordinal);
        Assert.Equal(Lines, MarkedBlock.LinesIn(joined));
        Assert.Equal(site, MarkedBlock.TakenOut("/f", joined));

        // What the site writes before it stays, too, and behind it on lines of its own.
        Assert.Equal($"Added=1\n{site}", MarkedBlock.TakenOut("/f", "Added=1\n" + joined));
        var end = site.Length == 0 || site.EndsWith('\n') ? "" : site.Contains('\r', StringComparison.Ordinal) ? "\r\n" : "\n";
        Assert.Equal($"{site}{end}Added=1\n", MarkedBlock.TakenOut("/f", joined + "Added=1\n"));
    }

    [Theory]
    [MemberData(nameof(Sites))]
    public void Joining_twice_is_joining_once_and_other_lines_take_the_place_of_the_first(string site)
    {
        var once = MarkedBlock.Joined("/f", site, Lines);
        Assert.Equal(once, MarkedBlock.Joined("/f", once, Lines));
        Assert.Equal(MarkedBlock.Joined("/f", site, ["B=1"]), MarkedBlock.Joined("/f", once, ["B=1"]));
    }

    [Fact]
    public void A_file_that_was_not_there_goes_and_one_that_the_site_has_written_into_since_stays()
    {
        var made = MarkedBlock.Joined("/f", null, Lines);
        Assert.Null(MarkedBlock.TakenOut("/f", made));
        Assert.Equal(made, MarkedBlock.Joined("/f", made, Lines));
        Assert.Equal("Added=1\n", MarkedBlock.TakenOut("/f", made + "Added=1\n"));
    }

    [Theory]
    [InlineData("NAME = docker-cs7", "NAME = docker-cs8", 2)]
    [InlineData("# PisaHpc: end", "", 2)]
    [InlineData("# PisaHpc: begin", "# no more", 6)]
    public void Lines_of_ours_that_the_site_has_changed_are_not_thrown_away(string what, string by, int line)
    {
        var changed = MarkedBlock.Joined("/f", "A=1\n", Lines).Replace(what, by, StringComparison.Ordinal);
        var failure = Assert.Throws<HpcException>(() => MarkedBlock.TakenOut("/f", changed));
        Assert.Equal(ErrorId.BatchConfigurationInvalid, failure.Id);
        Assert.StartsWith(
            string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/f, line {line}: "),
            failure.Message,
            StringComparison.Ordinal);
    }
}
