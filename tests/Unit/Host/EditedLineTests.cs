using PisaHpc.Host.Prompt;

namespace PisaHpc.Unit.Host;

public sealed class EditedLineTests
{
    [Fact]
    public void Text_goes_in_and_out_at_the_cursor()
    {
        var line = Of("Get-Job|Port");
        line.DeleteBefore();
        line.Insert("b-");
        Assert.Equal("Get-Job-|Port", Shown(line));
        line.DeleteUnder();
        Assert.Equal("Get-Job-|ort", Shown(line));
        line.DeleteToEnd();
        Assert.Equal("Get-Job-|", Shown(line));
        line.DeleteUnder();
        line.DeleteToStart();
        Assert.Equal("|", Shown(line));
        line.DeleteBefore();
        Assert.Equal("|", Shown(line));
    }

    [Theory]
    [InlineData("a bc  |", "a |bc  ")]
    [InlineData("a b|c", "a |bc")]
    [InlineData("|a", "|a")]
    public void The_cursor_goes_to_the_word_before(string from, string to)
    {
        var line = Of(from);
        line.MoveToWordBefore();
        Assert.Equal(to, Shown(line));
    }

    [Theory]
    [InlineData("a| bc d", "a bc| d")]
    [InlineData("a b|", "a b|")]
    public void The_cursor_goes_behind_the_word_after(string from, string to)
    {
        var line = Of(from);
        line.MoveToWordAfter();
        Assert.Equal(to, Shown(line));
    }

    [Fact]
    public void A_word_goes_at_once()
    {
        var line = Of("one two |three");
        line.DeleteWordBefore();
        Assert.Equal("one |three", Shown(line));
    }

    [Fact]
    public void The_cursor_stays_in_the_text()
    {
        var line = Of("ab|");
        line.Move(5);
        Assert.Equal("ab|", Shown(line));
        line.Move(-5);
        Assert.Equal("|ab", Shown(line));
    }

    [Fact]
    public void The_history_walks_back_and_returns_to_what_was_typed()
    {
        var history = new LineHistory();
        history.Add("first");
        history.Add("second");
        history.Add("second");
        history.Add("  ");
        Assert.Equal("second", history.Previous("draft"));
        Assert.Equal("first", history.Previous("second"));
        Assert.Null(history.Previous("first"));
        Assert.Equal("second", history.Next());
        Assert.Equal("draft", history.Next());
        Assert.Null(history.Next());
    }

    private static EditedLine Of(string shown)
    {
        var line = new EditedLine();
        line.Replace(shown.Replace("|", "", StringComparison.Ordinal), shown.IndexOf('|', StringComparison.Ordinal));
        return line;
    }

    private static string Shown(EditedLine line) => line.Text.Insert(line.Cursor, "|");
}
