using System.Globalization;
using System.Text.RegularExpressions;

namespace PisaHpc.Batch.Lsf;

/// <summary>
/// A time as bjobs(1) writes it: <c>Nov 29 18:40</c>, which says neither the year nor the second, and where the site has it so
/// <c>Thu Nov 29 18:40:19 2026</c>. It is UTC's here, since bjobs is asked in that zone.
/// </summary>
/// <param name="Earliest">The time, from whose minute on it may be.</param>
/// <param name="Latest">The last second that it may be.</param>
/// <param name="Mark">
/// What stands behind the time when a job is to end: <c>L</c> for its run limit, <c>E</c> and <c>X</c> for an estimate; null for nothing.
/// </param>
internal sealed partial record LsfTime(DateTimeOffset Earliest, DateTimeOffset Latest, char? Mark)
{
    private const string Months = "JanFebMarAprMayJunJulAugSepOctNovDec";

    /// <summary>Reads a time.</summary>
    /// <param name="now">When bjobs was asked.</param>
    /// <param name="isPast">Whether it is one that was; else it may be to come.</param>
    /// <returns>Null for none, and for text of another form.</returns>
    public static LsfTime? Read(string text, DateTimeOffset now, bool isPast)
    {
        if (Form().Match(text) is not { Success: true } match)
        {
            return null;
        }

        var month = (Months.IndexOf(match.Groups["month"].Value, StringComparison.Ordinal) / 3) + 1;
        int? year = match.Groups["year"] is { Success: true } told ? Number(told) : null;
        int? second = match.Groups["second"] is { Success: true } precise ? Number(precise) : null;

        // Without a year it is the one that is next to now: a day's difference of clocks makes no year of it.
        IEnumerable<int> years = year is { } one ? [one] : isPast ? Down(now.AddDays(1).Year) : Up(now.AddDays(-1).Year);
        var times = years.Select(candidate => TimeIn(candidate, month, match, second ?? 0)).OfType<DateTimeOffset>();
        var at = times.Cast<DateTimeOffset?>().FirstOrDefault(
            time => year is not null || (isPast ? time <= now.AddDays(1) : time >= now.AddDays(-1)));
        return at is not { } earliest ? null : new LsfTime(
            earliest,
            second is null ? earliest.AddSeconds(59) : earliest,
            match.Groups["mark"] is { Success: true } mark ? mark.ValueSpan[0] : null);
    }

    /// <summary>A leap day is in one of eight years at least.</summary>
    private static IEnumerable<int> Down(int year) => Enumerable.Range(0, 9).Select(back => year - back);

    private static IEnumerable<int> Up(int year) => Enumerable.Range(0, 9).Select(on => year + on);

    private static DateTimeOffset? TimeIn(int year, int month, Match match, int second)
    {
        var (day, hour, minute) = (Number(match.Groups["day"]), Number(match.Groups["hour"]), Number(match.Groups["minute"]));
        return year is > 0 and < 9999 && day >= 1 && day <= DateTime.DaysInMonth(year, month) && hour < 24 && minute < 60 && second < 60
            ? new DateTimeOffset(year, month, day, hour, minute, second, TimeSpan.Zero)
            : null;
    }

    private static int Number(Group group) => int.Parse(group.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);

    [GeneratedRegex(
        @"\A([A-Z][a-z]{2} )?(?<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) {1,2}(?<day>[0-9]{1,2}) "
        + @"(?<hour>[0-9]{2}):(?<minute>[0-9]{2})(:(?<second>[0-9]{2}))?( (?<year>[0-9]{4}))?( (?<mark>[A-Z]))?\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Form();
}
