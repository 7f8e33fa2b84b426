using PisaHpc.Engines;
using PisaHpc.Sites;

namespace PisaHpc.Unit.Sites;

public sealed class SizeAndDurationTests
{
    [Theory]
    [InlineData("1", 1L)]
    [InlineData("512m", 512L << 20)]
    [InlineData("8g", 8L << 30)]
    [InlineData("8GB", 8L << 30)]
    [InlineData("8GiB", 8L << 30)]
    [InlineData("1.5g", 1536L << 20)]
    [InlineData("64k", 64L << 10)]
    [InlineData("2t", 2L << 40)]
    [InlineData("10b", 10L)]
    public void Sizes_are_powers_of_1024(string text, long bytes)
    {
        Assert.True(ByteSize.TryParse(text, out var read));
        Assert.Equal(bytes, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("8x")]
    [InlineData("8 g")]
    [InlineData("g")]
    [InlineData("1e3")]
    [InlineData("1,5g")]
    [InlineData("9223372036854775808")]
    [InlineData("9007199254740992g")]
    public void Other_text_is_no_size(string text) => Assert.False(ByteSize.TryParse(text, out _));

    [Theory]
    [InlineData(8L << 30, "8g")]
    [InlineData(1536L << 20, "1536m")]
    [InlineData(1000L, "1000")]
    [InlineData(1L << 50, "1024t")]
    public void Sizes_are_written_so_that_they_can_be_read(long bytes, string text)
    {
        Assert.Equal(text, ByteSize.Format(bytes));
        Assert.True(ByteSize.TryParse(text, out var read) && read == bytes);
    }

    [Theory]
    [InlineData("60s", 60)]
    [InlineData("5m", 300)]
    [InlineData("1h30m", 5400)]
    [InlineData("7d", 604800)]
    [InlineData("1500ms", 1.5)]
    public void Lengths_of_time_have_units(string text, double seconds)
    {
        Assert.True(Duration.TryParse(text, out var read));
        Assert.Equal(TimeSpan.FromSeconds(seconds), read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("60")]
    [InlineData("0s")]
    [InlineData("1m1h")]
    [InlineData("-5s")]
    [InlineData("1.5h")]
    [InlineData("9999d999999h")]
    [InlineData("00:01:00")]
    public void Other_text_is_no_length_of_time(string text) => Assert.False(Duration.TryParse(text, out _));

    [Theory]
    [InlineData("1m")]
    [InlineData("1h30m")]
    [InlineData("2d12h")]
    [InlineData("1s500ms")]
    public void Lengths_of_time_are_written_so_that_they_can_be_read(string text)
    {
        Assert.True(Duration.TryParse(text, out var read));
        Assert.Equal(text, Duration.Format(read));
    }
}
