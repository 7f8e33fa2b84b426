using System.Management.Automation;

namespace PisaHpc.Module.Base;

/// <summary>Which checks somebody asks for, by names and patterns of them.</summary>
internal static class CheckNames
{
    /// <summary>Whether a check is meant, by its name.</summary>
    /// <param name="asked">Names and patterns, in any case of letters.</param>
    /// <param name="known">The names of all checks.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>: one of them means no check.</exception>
    public static Func<string, bool> Meant(IReadOnlyList<string> asked, IEnumerable<string> known)
    {
        var patterns = asked.Select(name => new WildcardPattern(name, WildcardOptions.IgnoreCase)).ToArray();
        foreach (var (index, name) in asked.Index())
        {
            if (!known.Any(patterns[index].IsMatch))
            {
                throw new HpcException(
                    ErrorId.InvalidValue, $"There is no check {Quote.Of(name)}. There are {string.Join(", ", known)}.", name);
            }
        }

        return name => patterns.Any(pattern => pattern.IsMatch(name));
    }
}
