using System.Globalization;
using PisaHpc.Engines;

namespace PisaHpc.Containers;

/// <summary>One part of a specification that a container has otherwise than it was to have.</summary>
/// <param name="Part">The part, as <see cref="SpecificationParts"/> names it.</param>
/// <param name="Wanted">What was to be; empty where there was to be nothing.</param>
/// <param name="Actual">What is; empty where there is nothing.</param>
internal sealed record SpecificationDifference(string Part, string Wanted, string Actual);

/// <summary>Compares what was asked for with what an engine reads back.</summary>
internal static class SpecificationDifferences
{
    /// <summary>
    /// What engines fill in by themselves where nothing was asked for (<see cref="IContainerEngine.SpecificationAsync"/>): no difference.
    /// </summary>
    private static readonly HashSet<string> FilledIn =
        new(["hostname", "directory", "shm", "memlock", "files", "signal"], StringComparer.Ordinal);

    /// <summary>What an image adds to: only what was asked for has to be there.</summary>
    private static readonly HashSet<string> AddedTo = new(["env", "label"], StringComparer.Ordinal);

    /// <summary>Of these the order is a part of what was asked for.</summary>
    private static readonly HashSet<string> Ordered = new(["command"], StringComparer.Ordinal);

    /// <summary>Parts with one value: a further option of such a name says it more exactly than the specification that was read.</summary>
    private static readonly HashSet<string> SaidExactly = new(["cpus", "network", "restart"], StringComparer.Ordinal);

    /// <summary>Lists what differs, part by part, and what is there beyond any specification.</summary>
    /// <param name="wanted">What was to be asked for.</param>
    /// <param name="actual">What the engine reads back.</param>
    public static IReadOnlyList<SpecificationDifference> Between(ContainerSpec wanted, ContainerInspection actual)
    {
        var exact = actual.Further.Select(option => option.Name).Where(SaidExactly.Contains).ToHashSet(StringComparer.Ordinal);
        var parts = PartsOf(wanted);
        return
        [
            .. Between(wanted, actual.Specification).Where(difference => !exact.Contains(difference.Part)),
            .. actual.Further.Select(option => new SpecificationDifference(option.Name, WantedOf(option.Name), option.Value)),
        ];

        string WantedOf(string option) => option switch
        {
            _ when exact.Contains(option) => string.Join(' ', parts[option]),
            "memory-swap" when wanted.MemoryBytes is { } memory => (2 * memory).ToString(CultureInfo.InvariantCulture),
            _ => "",
        };
    }

    /// <summary>Lists what differs, part by part.</summary>
    /// <param name="wanted">What was to be asked for.</param>
    /// <param name="actual">What the engine reads back.</param>
    public static IReadOnlyList<SpecificationDifference> Between(ContainerSpec wanted, ContainerSpec actual)
    {
        var (left, right) = (PartsOf(wanted), PartsOf(actual));
        var parts = left.Select(part => part.Key).Union(right.Select(part => part.Key));
        return [.. parts.SelectMany(part => Of(part, [.. left[part]], [.. right[part]]))];
    }

    private static IEnumerable<SpecificationDifference> Of(string part, IReadOnlyList<string> wanted, IReadOnlyList<string> actual)
    {
        if (FilledIn.Contains(part) && wanted.All(value => value.Length == 0))
        {
            return [];
        }

        if (Ordered.Contains(part))
        {
            return wanted.SequenceEqual(actual, StringComparer.Ordinal)
                ? [] : [new SpecificationDifference(part, string.Join(' ', wanted), string.Join(' ', actual))];
        }

        List<string> missing = [.. wanted.Except(actual, StringComparer.Ordinal)];
        List<string> extra = AddedTo.Contains(part) ? [.. Others(missing, actual)] : [.. actual.Except(wanted, StringComparer.Ordinal)];
        return missing is [var one] && extra is [var other]
            ? [new SpecificationDifference(part, one, other)]
            : [
                .. missing.Where(value => value.Length > 0).Select(value => new SpecificationDifference(part, value, Beside(value, extra))),
                .. extra.Where(value => value.Length > 0 && !missing.Exists(lacking => IsBeside(lacking, value)))
                    .Select(value => new SpecificationDifference(part, "", value)),
            ];
    }

    /// <summary>The values that stand in place of those that are missing: another one of the same name.</summary>
    private static IEnumerable<string> Others(List<string> missing, IEnumerable<string> actual) =>
        actual.Where(value => missing.Exists(lacking => IsBeside(lacking, value)));

    private static string Beside(string lacking, List<string> extra) => extra.Find(value => IsBeside(lacking, value)) ?? "";

    /// <summary>Whether two values are of one name, as <c>NAME=VALUE</c> has it.</summary>
    private static bool IsBeside(string first, string second) =>
        first.Split('=', 2) is [var name, _] && second.StartsWith(name + "=", StringComparison.Ordinal);

    /// <summary>
    /// By its name a container is found. A limit of open files that was not required gives way where a node refuses it: any is as it was to
    /// be. That it was required only a plan knows.
    /// </summary>
    private static ILookup<string, string> PartsOf(ContainerSpec spec) => SpecificationParts
        .Of(spec with { OpenFiles = null })
        .Append(("files", spec.OpenFiles is { Required: true, Count: var count } ? $"{count}" : ""))
        .Where(part => part.Item1 is not "name")
        .ToLookup(part => part.Item1, part => part.Item2, StringComparer.Ordinal);
}
