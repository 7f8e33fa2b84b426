using System.Management.Automation.Language;
using PisaHpc.Host.Scripts;

namespace PisaHpc.Unit.Host;

/// <summary>What is handed to the engine. How it binds that is asked of it, and of pwsh, in Integration.</summary>
public sealed class ScriptArgumentsTests
{
    private const string Declared = """
        [CmdletBinding()]
        param(
            [string]$Task, [string[]]$Node, [int[]]$Slot, [Alias('q')][string]$Queue, [switch]$Up, $Any, [hashtable]$Map,
            [Parameter(ValueFromRemainingArguments)][string[]]$Rest)
        """;

    [Theory]
    [InlineData("-Node o2wn[01,03],login1", "-Node <o2wn[01,03]|login1>")]
    [InlineData("-n a,b", "-n <a|b>")]
    [InlineData("-Slot 32,24", "-Slot <32|24>")]
    [InlineData("-Node:a,b", "-Node=<a|b>")]
    [InlineData("-Node: a,b", "-Node=<a|b>")]
    [InlineData("-Node a", "-Node a")]
    [InlineData("-Node a[1,2", "-Node a[1,2")]
    public void A_comma_list_is_several_values_where_the_parameter_takes_them(string line, string expected) =>
        Assert.Equal(expected, Sorted(line));

    [Theory]
    [InlineData("-Task a,b", "-Task a,b")]
    [InlineData("-Any a,b", "-Any a,b")]
    [InlineData("-Map a,b", "-Map a,b")]
    [InlineData("-q x,y", "-q x,y")]
    [InlineData("-Queue:x:y,z", "-Queue=x:y,z")]
    [InlineData("-Rest a,b c", "-Rest a,b c")]
    [InlineData("-Up:$false", "-Up=False")]
    [InlineData("-Up:true", "-Up=True")]
    [InlineData("-Nothing a,b", "-Nothing a,b")]
    public void Any_other_value_stays_what_it_is(string line, string expected) => Assert.Equal(expected, Sorted(line));

    [Theory]
    [InlineData("-Task Lab a,b 1,2 x,y", "-Task Lab <a|b> <1|2> x,y")]
    [InlineData("x,y -up a,b", "x,y -up <a|b>")]
    [InlineData("a,b c,d -Task Lab", "<a|b> <c|d> -Task Lab")]
    [InlineData("-ErrorAction Stop x,y a,b", "-ErrorAction Stop x,y <a|b>")]
    [InlineData("-ea Stop -Verbose x,y a,b", "-ea Stop -Verbose x,y <a|b>")]
    public void Positions_go_to_the_parameters_that_no_name_takes(string line, string expected) => Assert.Equal(expected, Sorted(line));

    [Fact]
    public void A_script_without_parameters_gets_its_arguments_as_they_stand() =>
        Assert.Equal("-Up a,b *", Shown(ScriptArguments.Of(null, ["-Up", "a,b", "*"])));

    private static string Sorted(string line)
    {
        var ast = Parser.ParseInput(Declared, out _, out var errors);
        Assert.Empty(errors);
        return Shown(ScriptArguments.Of(ast.ParamBlock, line.Split(' ')));
    }

    private static string Shown(IEnumerable<System.Management.Automation.Runspaces.CommandParameter> arguments) =>
        string.Join(' ', arguments.Select(argument => (argument.Name, argument.Value) switch
        {
            (null, var value) => Shown(value),
            (var name, null) => name,
            var (name, value) => $"{name}={Shown(value)}",
        }));

    private static string Shown(object value) => value is string[] several ? $"<{string.Join('|', several)}>" : $"{value}";
}
