using PisaHpc.Views;

namespace PisaHpc.Unit.Views;

public sealed class ElapsedTimeTests
{
    [Theory]
    [InlineData("00:00:42", "42s")]
    [InlineData("00:03:05", "3m05s")]
    [InlineData("03:12:59", "3h12m")]
    [InlineData("6.04:00:00", "6d04h")]
    [InlineData("1000.23:00:00", "1000d23h")]
    [InlineData("00:00:00.9", "0s")]
    [InlineData("-00:01:00", "0s")]
    public void A_time_is_said_in_its_two_largest_units(string time, string words) =>
        Assert.Equal(words, ElapsedTime.Short(TimeSpan.Parse(time, System.Globalization.CultureInfo.InvariantCulture)));

    [Fact]
    public void No_moment_is_no_time_ago() => Assert.Equal(("", ""), (ElapsedTime.Since(null), ElapsedTime.Until(null)));

    [Fact]
    public void A_moment_is_so_long_ago_or_so_far_off() => Assert.Equal(
        ("2d01h", "5h59m"),
        (ElapsedTime.Since(DateTimeOffset.UtcNow.AddHours(-49)), ElapsedTime.Until(DateTimeOffset.UtcNow.AddHours(6).AddSeconds(-1))));
}
