using System.Globalization;
using System.Text.RegularExpressions;

namespace PisaHpc.Engines;

/// <summary>Sizes as the container engine's command line writes them: <c>64m</c>, <c>8g</c>; a unit is a power of 1024.</summary>
public static partial class ByteSize
{
    private const string Units = "bkmgt";

    /// <summary>Reads a size.</summary>
    /// <param name="text">
    /// A number with the unit b, k, m, g or t (<c>8g</c>, <c>8gb</c> and <c>8GiB</c> are the same); bytes without one.
    /// </param>
    /// <param name="bytes">The size.</param>
    /// <returns>Whether it is a size, above 0.</returns>
    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        var match = Pattern().Match(text);
        if (!match.Success)
        {
            return false;
        }

        var number = decimal.Parse(match.Groups["number"].ValueSpan, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);
        var unit = match.Groups["unit"].Success ? Units.IndexOf(match.Groups["unit"].Value, StringComparison.OrdinalIgnoreCase) : 0;
        var factor = 1L << (10 * unit);
        if (number > long.MaxValue / factor)
        {
            return false;
        }

        bytes = (long)(number * factor);
        return bytes > 0;
    }

    /// <summary>Writes a size with the largest unit that keeps it a whole number.</summary>
    /// <param name="bytes">The size.</param>
    public static string Format(long bytes)
    {
        var unit = 0;
        while (unit < Units.Length - 1 && bytes != 0 && bytes % 1024 == 0)
        {
            (bytes, unit) = (bytes / 1024, unit + 1);
        }

        return bytes.ToString(CultureInfo.InvariantCulture) + (unit == 0 ? "" : Units[unit]);
    }

    /// <summary>Writes a size for a reader, rounded: <c>512 B</c>, <c>1.5 GiB</c>.</summary>
    /// <param name="bytes">The size.</param>
    public static string Words(long bytes)
    {
        var unit = 0;
        var number = (double)bytes;
        while (unit < Units.Length - 1 && number >= 999.5)
        {
            (number, unit) = (number / 1024, unit + 1);
        }

        return unit == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{bytes} B")
            : string.Create(CultureInfo.InvariantCulture, $"{number:0.0} {char.ToUpperInvariant(Units[unit])}iB");
    }

    [GeneratedRegex(
        @"\A(?<number>[0-9]{1,19}(\.[0-9]{1,6})?)((?<unit>[kmgt])(i?b)?|(?<unit>b))?\z",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
