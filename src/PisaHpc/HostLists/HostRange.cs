using System.Globalization;

namespace PisaHpc.HostLists;

/// <summary>Consecutive numbers in a bracket of a host list.</summary>
/// <param name="First">The first number.</param>
/// <param name="Last">The last number; not below the first.</param>
/// <param name="Width">The digits that each number has at least, filled with zeros; 0 where the numbers are not padded.</param>
internal readonly record struct HostRange(long First, long Last, int Width)
{
    /// <summary>The longest number: 18 digits always fit a signed 64-bit integer.</summary>
    public const int MaxDigits = 18;

    /// <summary>How many numbers it holds.</summary>
    public long Count => Last - First + 1;

    /// <summary>The range of one number as it is written: its leading zeros are its width.</summary>
    public static HostRange Of(ReadOnlySpan<char> digits)
    {
        var value = long.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);
        return new HostRange(value, value, IsPadded(digits) ? digits.Length : 0);
    }

    /// <summary>Whether the number is written with leading zeros.</summary>
    public static bool IsPadded(ReadOnlySpan<char> digits) => digits.Length > 1 && digits[0] == '0';

    /// <summary>A number of the range as it is written.</summary>
    public string Text(long number) => number.ToString(CultureInfo.InvariantCulture).PadLeft(Width, '0');

    /// <summary>Whether the next range goes on where this one ends, in the same notation, so that one range says both.</summary>
    public bool IsContinuedBy(HostRange next) =>
        next.First == Last + 1 && (next.Width == Width || (next.Width == 0 && next.Text(next.First).Length >= Width));

    /// <summary>The range as it stands in a bracket.</summary>
    public override string ToString() => First == Last ? Text(First) : $"{Text(First)}-{Text(Last)}";
}
