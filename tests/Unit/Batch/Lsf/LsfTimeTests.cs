using System.Globalization;
using PisaHpc.Batch.Lsf;

namespace PisaHpc.Unit.Batch.Lsf;

/// <summary>Times of bjobs, which say no year and no second.</summary>
public sealed class LsfTimeTests
{
    [Theory]
    [InlineData("Nov 29 18:40", "2026-11-29 18:40:30Z", "2026-11-29 18:40:00Z", "2026-11-29 18:40:59Z")]
    [InlineData("Nov  9 18:40", "2026-11-29 18:40:30Z", "2026-11-09 18:40:00Z", "2026-11-09 18:40:59Z")]
    [InlineData("Dec 31 23:59", "2027-01-01 00:00:10Z", "2026-12-31 23:59:00Z", "2026-12-31 23:59:59Z")]
    [InlineData("Jan  1 00:01", "2026-12-31 23:59:30Z", "2027-01-01 00:01:00Z", "2027-01-01 00:01:59Z")]
    [InlineData("Feb 29 12:00", "2026-11-29 18:40:30Z", "2024-02-29 12:00:00Z", "2024-02-29 12:00:59Z")]
    [InlineData("Thu Mar  3 16:46:07 2016", "2026-11-29 18:40:30Z", "2016-03-03 16:46:07Z", "2016-03-03 16:46:07Z")]
    [InlineData("Mar  3 16:46 2016", "2026-11-29 18:40:30Z", "2016-03-03 16:46:00Z", "2016-03-03 16:46:59Z")]
    public void A_time_that_was_is_the_last_one_that_it_can_be(string text, string now, string earliest, string latest)
    {
        var time = LsfTime.Read(text, At(now), isPast: true)!;
        Assert.Equal((earliest, latest, null), ($"{time.Earliest:u}", $"{time.Latest:u}", time.Mark));
    }

    [Theory]
    [InlineData("Dec  1 02:00 L", "2026-11-29 18:40:30Z", "2026-12-01 02:00:00Z", 'L')]
    [InlineData("Jan  2 02:00 L", "2026-12-31 18:40:30Z", "2027-01-02 02:00:00Z", 'L')]
    [InlineData("Nov 29 18:39 X", "2026-11-29 18:40:30Z", "2026-11-29 18:39:00Z", 'X')]
    public void One_that_may_be_to_come_is_the_next(string text, string now, string earliest, char mark)
    {
        var time = LsfTime.Read(text, At(now), isPast: false)!;
        Assert.Equal((earliest, mark), ($"{time.Earliest:u}", time.Mark));
    }

    [Theory]
    [InlineData("-")]
    [InlineData("Nov 31 18:40")]
    [InlineData("Nov 29 24:00")]
    [InlineData("Nov 29 18:60")]
    [InlineData("29 Nov 18:40")]
    [InlineData("Nov 29 18:40 soon")]
    public void Anything_else_is_none(string text) => Assert.Null(LsfTime.Read(text, At("2026-11-29 18:40:30Z"), isPast: true));

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
