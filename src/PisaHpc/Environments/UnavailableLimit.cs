using System.Globalization;

namespace PisaHpc.Environments;

/// <summary>How many of a static environment's nodes may be without it at a time: a number, or a share of them in percent.</summary>
/// <param name="Count">The number, or the percent.</param>
/// <param name="IsShare">Whether it is percent.</param>
public sealed record UnavailableLimit(int Count, bool IsShare)
{
    /// <summary>Reads it: <c>2</c>, or <c>10%</c>.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>: no number from 1 on, and no share from 1% to 100%.</exception>
    public static UnavailableLimit Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var isShare = text.EndsWith('%');
        return int.TryParse(isShare ? text[..^1] : text, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && count > 0 && (!isShare || count <= 100)
            ? new UnavailableLimit(count, isShare)
            : throw new HpcException(
                ErrorId.InvalidValue,
                $"{Quote.Of(text)} is no number of nodes, and no share of them.",
                text,
                "Write a number, such as 2, or a share, such as 10%.");
    }

    /// <summary>The number of nodes out of so many; a share is rounded down, and is one node at least.</summary>
    public int Of(int nodes) => IsShare ? Math.Max(1, (int)((long)nodes * Count / 100)) : Count;
}
