using System.Globalization;
using System.Text.RegularExpressions;

namespace PisaHpc.Sites;

/// <summary>Lengths of time as a site definition writes them: <c>60s</c>, <c>5m</c>, <c>1h30m</c>, <c>7d</c>.</summary>
public static partial class Duration
{
    /// <summary>Reads a length of time: days, hours, minutes, seconds and milliseconds, in this order, each with its unit.</summary>
    /// <param name="duration">The length.</param>
    /// <returns>Whether it is one, above 0 and below 10,000 days.</returns>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        var match = Pattern().Match(text);
        if (!match.Success)
        {
            return false;
        }

        duration = TimeSpan.FromDays(Part("d")) + TimeSpan.FromHours(Part("h")) + TimeSpan.FromMinutes(Part("m"))
            + TimeSpan.FromSeconds(Part("s")) + TimeSpan.FromMilliseconds(Part("ms"));
        return duration > TimeSpan.Zero && duration < TimeSpan.FromDays(10_000);

        int Part(string unit) => match.Groups[unit].Success ? int.Parse(match.Groups[unit].ValueSpan, CultureInfo.InvariantCulture) : 0;
    }

    /// <summary>Writes a length of time so that it can be read again.</summary>
    /// <param name="duration">The length.</param>
    public static string Format(TimeSpan duration)
    {
        (int Number, string Unit)[] parts =
        [
            (duration.Days, "d"), (duration.Hours, "h"), (duration.Minutes, "m"), (duration.Seconds, "s"), (duration.Milliseconds, "ms"),
        ];
        var said = parts.Where(part => part.Number != 0);
        var text = string.Concat(said.Select(part => part.Number.ToString(CultureInfo.InvariantCulture) + part.Unit));
        return text.Length == 0 ? "0s" : text;
    }

    [GeneratedRegex(
        @"\A((?<d>[0-9]{1,4})d)?((?<h>[0-9]{1,6})h)?((?<m>[0-9]{1,7})m)?((?<s>[0-9]{1,9})s)?((?<ms>[0-9]{1,9})ms)?\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
