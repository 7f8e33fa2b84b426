using System.Globalization;

namespace PisaHpc.HostLists;

/// <summary>Reads one host list, from left to right, and appends the names it stands for.</summary>
/// <param name="text">The list.</param>
/// <param name="allowWildcards">Whether names may be patterns with * and ?.</param>
/// <param name="limit">How many names there may be; at most <see cref="HostList.MaxNames"/>.</param>
internal sealed class HostListParser(string text, bool allowWildcards = false, int limit = HostList.MaxNames)
{
    private const long Beyond = HostList.MaxNames + 1L;

    private int _at;

    /// <summary>Appends the names of the list.</summary>
    public void AppendTo(List<string> names)
    {
        while (SkipSeparators())
        {
            var start = _at;
            var parts = ReadPattern();
            var count = CountOf(parts);
            if (names.Count + count > limit)
            {
                throw Error(start, $"the list stands for more than {limit:N0} names");
            }

            names.EnsureCapacity(names.Count + (int)count);
            Append(names, parts, 0, string.Empty);
        }
    }

    private bool SkipSeparators()
    {
        while (_at < text.Length && IsSeparator(text[_at]))
        {
            _at++;
        }

        return _at < text.Length;
    }

    /// <summary>One element of the list: literal text and brackets in turn.</summary>
    private List<HostPart> ReadPattern()
    {
        var start = _at;
        var parts = new List<HostPart>();
        var length = 0;
        while (_at < text.Length && !IsSeparator(text[_at]))
        {
            var part = text[_at] == '[' ? new HostPart("0", ReadBracket()) : new HostPart(ReadLiteral(start), null);
            parts.Add(part);
            length += part.Literal.Length;
            if (length > HostNames.MaxLength)
            {
                throw Error(start, $"the name is longer than {HostNames.MaxLength} characters");
            }
        }

        return parts;
    }

    private string ReadLiteral(int patternStart)
    {
        var start = _at;
        while (_at < text.Length && !IsSeparator(text[_at]) && text[_at] != '[')
        {
            var isWildcard = allowWildcards && HostNames.IsWildcard(text[_at]);
            if (!isWildcard && !HostNames.Allow(text[_at], isFirst: _at == patternStart))
            {
                throw Error(_at, HostNames.Complaint(text[_at], isFirst: _at == patternStart));
            }

            _at++;
        }

        return text[start.._at];
    }

    private List<HostRange> ReadBracket()
    {
        var open = _at++;
        var ranges = new List<HostRange>();
        while (true)
        {
            ranges.Add(ReadRange(open));
            if (_at == text.Length)
            {
                throw NotClosed(open);
            }

            switch (text[_at++])
            {
                case ',':
                    break;
                case ']':
                    return ranges;
                default:
                    throw Error(_at - 1, $"{Quote.Of(text[_at - 1])} cannot stand in a bracket: expected a digit, '-', ',' or ']'");
            }
        }
    }

    private HostRange ReadRange(int open)
    {
        var start = _at;
        var first = ReadNumber(open);
        if (_at == text.Length || text[_at] != '-')
        {
            return HostRange.Of(first);
        }

        _at++;
        var last = ReadNumber(open);
        var low = HostRange.Of(first);
        var high = HostRange.Of(last);
        if (high.First < low.First)
        {
            throw Error(start, $"the range {first}-{last} goes backwards");
        }

        return HostRange.IsPadded(last) && first.Length != last.Length
            ? throw Error(start, $"the ends of the range {first}-{last} differ in width")
            : low with { Last = high.First };
    }

    private ReadOnlySpan<char> ReadNumber(int open)
    {
        var start = _at;
        while (_at < text.Length && char.IsAsciiDigit(text[_at]))
        {
            _at++;
        }

        if (_at == start)
        {
            throw _at == text.Length ? NotClosed(open) : Error(_at, $"expected a number and found {Quote.Of(text[_at])}");
        }

        return _at - start <= HostRange.MaxDigits
            ? text.AsSpan(start, _at - start)
            : throw Error(start, $"the number has {_at - start} digits; at most {HostRange.MaxDigits} are possible");
    }

    private static long CountOf(List<HostPart> parts)
    {
        var count = 1L;
        foreach (var ranges in parts.Select(part => part.Ranges).OfType<List<HostRange>>())
        {
            // Saturates: a factor beyond the limit is as good as the limit, and the product never overflows.
            var numbers = ranges.Aggregate(0L, (sum, range) => Math.Min(sum + Math.Min(range.Count, Beyond), Beyond));
            count = Math.Min(count * numbers, Beyond);
        }

        return count;
    }

    private static void Append(List<string> names, List<HostPart> parts, int index, string prefix)
    {
        if (index == parts.Count)
        {
            names.Add(prefix);
            return;
        }

        var part = parts[index];
        if (part.Ranges is null)
        {
            Append(names, parts, index + 1, prefix + part.Literal);
            return;
        }

        foreach (var range in part.Ranges)
        {
            for (var number = range.First; number <= range.Last; number++)
            {
                Append(names, parts, index + 1, prefix + range.Text(number));
            }
        }
    }

    private static bool IsSeparator(char c) => c is ',' || char.IsWhiteSpace(c);

    private HpcException NotClosed(int open) => Error(open, "the bracket is not closed");

    private HpcException Error(int index, string complaint) => new(
        ErrorId.InvalidValue,
        $"Host list {Quote.Of(text)}, column {index + 1}: {complaint}.",
        text,
        "Write names, commas and ranges of numbers in brackets, such as 'o2wn[01-16,20],login1'.");

    /// <summary>A part of a pattern: literal text, or the ranges of a bracket, whose numbers are at least as long as its literal.</summary>
    private readonly record struct HostPart(string Literal, List<HostRange>? Ranges);
}

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
