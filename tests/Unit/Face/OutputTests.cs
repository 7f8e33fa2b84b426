using System.Collections;
using System.Reflection;

namespace PisaHpc.Unit.Face;

/// <summary>
/// What a script gets from a cmdlet, as <c>ConvertTo-Json</c> opens it: by the public properties. An enum comes
/// out of it as a number and a TimeSpan as eleven fields, so that neither may be public.
/// </summary>
public sealed class OutputTests
{
    /// <summary>ConvertTo-Json's own -Depth: an object or list that lies deeper is its text.</summary>
    private const int Depth = 2;

    private static readonly HashSet<Type> Scalars =
    [
        typeof(string), typeof(bool), typeof(int), typeof(uint), typeof(long), typeof(double), typeof(DateTimeOffset),
    ];

    public static TheoryData<string> Outputs => [.. Types.Select(type => type.FullName!)];

    private static IReadOnlyList<Type> Types => [.. CmdletFacts.All.SelectMany(cmdlet => cmdlet.Outputs).Distinct()];

    [Theory]
    [MemberData(nameof(Outputs))]
    public void An_output_is_flat_and_made_of_words_numbers_and_times(string name) =>
        Assert.Empty(Faults(Types.Single(type => type.FullName == name), name, 0));

    [Fact]
    public void Each_fault_is_seen() => Assert.Equal(
        [
            "Sample.Day: DayOfWeek comes out as a number",
            "Sample.Maybe: DayOfWeek comes out as a number",
            "Sample.Length: TimeSpan is not a scalar",
            "Sample.Foreign: FactAttribute is not a type of the domain", "Sample.Lists[][]: a list lies deeper than 2",
        ],
        Faults(typeof(Sample), nameof(Sample), 0));

    private static IEnumerable<string> Faults(Type type, string path, int depth)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type.IsEnum)
        {
            return [$"{path}: {type.Name} comes out as a number"];
        }

        if (Scalars.Contains(type))
        {
            return [];
        }

        if (type.Namespace == nameof(System) && !type.IsArray)
        {
            return [$"{path}: {type.Name} is not a scalar"];
        }

        var item = type.IsArray ? type.GetElementType()
            : type.IsAssignableTo(typeof(IEnumerable)) ? type.GetGenericArguments().Last()
            : null;
        return depth > Depth ? [$"{path}: {(item is null ? "an object" : "a list")} lies deeper than {Depth}"]
            : item is not null ? Faults(item, path + "[]", depth + 1)
            : type.Assembly != typeof(HpcException).Assembly && type != typeof(Sample)
                ? [$"{path}: {type.Name} is not a type of the domain"]
            : type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
                .Where(property => property.GetMethod is { IsPublic: true })
                .SelectMany(property => Faults(property.PropertyType, $"{path}.{property.Name}", depth + 1));
    }

    private sealed record Sample(
        DayOfWeek Day, DayOfWeek? Maybe, TimeSpan Length, FactAttribute Foreign, IReadOnlyList<int[][]> Lists, IReadOnlyList<string> Names);
}
