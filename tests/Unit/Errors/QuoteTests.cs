namespace PisaHpc.Unit.Errors;

public sealed class QuoteTests
{
    [Theory]
    [InlineData("debian12", "'debian12'")]
    [InlineData(null, "''")]
    [InlineData("two\nlines\u001b[2J", @"'two\nlines\u001b[2J'")]
    public void A_value_is_quoted_and_cannot_move_the_cursor(string? value, string quoted) => Assert.Equal(quoted, Quote.Of(value));

    [Fact]
    public void Of_a_long_value_its_first_sixty_characters_are_quoted()
    {
        Assert.Equal($"'{new string('a', 60)}'", Quote.Of(new string('a', 60)));
        Assert.Equal($"'{new string('a', 60)}…' (1,823 characters)", Quote.Of(new string('a', 1823)));
    }

    [Fact]
    public void A_pair_of_surrogates_is_not_cut_in_two() =>
        Assert.Equal($"'{new string('a', 59)}…' (61 characters)", Quote.Of(new string('a', 59) + "\U0001F600"));

    [Fact]
    public void Of_a_long_name_the_beginning_and_the_end_are_told()
    {
        Assert.Equal("/srv/site.yaml", Quote.Name("/srv/site.yaml"));
        Assert.Equal($"{new string('a', 29)}…{new string('b', 29)}", Quote.Name(new string('a', 100) + new string('b', 100)));
    }

    [Fact]
    public void What_a_program_says_keeps_its_lines_and_ends_somewhere()
    {
        Assert.Equal("one\ntwo", Quote.Words(" one\ntwo\n"));
        Assert.Equal(new string('a', 1000) + "…", Quote.Words(new string('a', 5000)));
        Assert.Equal("one two three", Quote.OneLine(" one\r\n  two\tthree\n"));
    }

    [Theory]
    [InlineData(0, "0 nodes")]
    [InlineData(1, "1 node")]
    [InlineData(2, "2 nodes")]
    [InlineData(1000, "1,000 nodes")]
    public void One_is_one_and_all_other_numbers_are_many(int count, string words) => Assert.Equal(words, Plural.Of(count, "node"));
}
