using System.Management.Automation;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace PisaHpc.Unit.Face;

/// <summary>
/// What a result is where only a text has room: in a message by its ToString, in a CSV and in a table of HTML by its properties'
/// (Export-Csv and ConvertTo-Html ask each value for its text). No type's name says anything there.
/// </summary>
public sealed partial class TextTests
{
    public static TheoryData<string> Outputs => [.. Types.Select(type => type.FullName!)];

    private static IReadOnlyList<Type> Types =>
        [.. CmdletFacts.All.SelectMany(cmdlet => cmdlet.Outputs).Distinct().Where(type => type.Assembly == typeof(HpcException).Assembly)];

    [Theory]
    [MemberData(nameof(Outputs))]
    public void An_output_reads_well_in_a_message(string name)
    {
        var type = Types.Single(type => type.FullName == name);
        Assert.Null(type.GetMethod(nameof(ToString), [])!.GetCustomAttribute<CompilerGeneratedAttribute>());
        AssertReads(SampleOutput.Of(type)!.ToString(), name);
    }

    [Theory]
    [MemberData(nameof(Outputs))]
    public void No_property_of_an_output_is_a_types_name_in_a_CSV(string name)
    {
        var sample = SampleOutput.Of(Types.Single(type => type.FullName == name))!;
        foreach (var property in PSObject.AsPSObject(sample).Properties)
        {
            AssertReads(property.Value?.ToString() ?? "", $"{name}.{property.Name}");
        }
    }

    [Fact]
    public void What_lies_in_an_output_reads_well_too() => Assert.Empty(
        from type in Types.SelectMany(Within).Distinct()
        where type.GetMethod(nameof(ToString), [])!.GetCustomAttribute<CompilerGeneratedAttribute>() is not null
        select type.FullName);

    [Fact]
    public void An_output_with_nodes_has_them_as_a_host_list_too() => Assert.Empty(
        from type in Types
        where type.GetProperty("Nodes") is { } nodes && nodes.PropertyType != typeof(int)
        where type.GetProperty("NodeList")?.PropertyType != typeof(string)
        select type.FullName);

    [Theory]
    [InlineData("System.String[]")]
    [InlineData("PisaHpc.Jobs.HpcJobNode")]
    [InlineData("HpcNode { Node = o2wn01 }")]
    public void A_types_name_is_seen(string text) => Assert.Matches(TypeName(), text);

    [Fact]
    public void A_list_is_a_list_to_PowerShell_all_the_same()
    {
        var job = new PisaHpc.Ports.JobPort
        {
            Port = 1,
            JobId = "1",
            Owner = "u",
            LeasedAt = DateTimeOffset.UnixEpoch,
            State = "Leased",
            Path = "/p",
            NodeSlots = "n[1-3]*2",
        };
        var run = Commands.CmdletRun.With(
            [job],
            "ForEach-Object { $n = $_.Nodes; $n[0], $n[-1], $n.Count, ($n -join '+'), ($n -contains 'n2'), \"$n\" }");
        Assert.Equal(["n1", "n3", "3", "n1+n2+n3", "True", "n1 n2 n3"], run.Output.Select(value => value.ToString()));
        Assert.Equal("n[1-3]", job.Nodes.ToString());
    }

    /// <summary>The types of the domain that a script comes to from one, by public properties.</summary>
    private static IEnumerable<Type> Within(Type type) => type.GetProperties()
        .Select(property => property.PropertyType)
        .SelectMany(held => held.GetGenericArguments() is { Length: > 0 } arguments ? arguments : [held])
        .Where(held => held.Assembly == typeof(HpcException).Assembly && held is { IsEnum: false, IsInterface: false } && held != type)
        .SelectMany(held => Within(held).Prepend(held));

    private static void AssertReads(string? text, string what)
    {
        Assert.False(text is null || TypeName().IsMatch(text), $"{what} is: {text}");
    }

    [GeneratedRegex(@"\b(System|PisaHpc)\.[A-Z]|\w \{ \w+ = |`\d")]
    private static partial Regex TypeName();
}
