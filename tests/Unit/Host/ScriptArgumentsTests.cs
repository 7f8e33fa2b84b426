using System.Management.Automation.Language;
using PisaHpc.Host;
using PisaHpc.Host.Scripts;

namespace PisaHpc.Unit.Host;

public sealed class ScriptArgumentsTests
{
    private const string Declared = """
        [CmdletBinding()]
        param([string]$Task, [string[]]$Node, [int[]]$Slot, [Alias('q')][string]$Queue, [switch]$Up, $Any, [hashtable]$Map)
        """;

    [Theory]
    [InlineData("-Node o2wn[01,03],login1", "Node", "o2wn[01,03]|login1")]
    [InlineData("-Slot 32,24", "Slot", "32|24")]
    [InlineData("-Node a", "Node", "a")]
    [InlineData("-Node a[1,2", "Node", "a[1,2")]
    public void A_comma_list_is_an_array_only_where_the_parameter_takes_one(string line, string name, string expected) =>
        Assert.Equal(expected.Split('|'), (string[])Bind(line).Named[name]!);

    [Theory]
    [InlineData("-Task a,b", "Task", "a,b")]
    [InlineData("-Any a,b", "Any", "a,b")]
    [InlineData("-q x", "Queue", "x")]
    [InlineData("-Queue:x:y", "Queue", "x:y")]
    [InlineData("-ErrorAction Stop", "ErrorAction", "Stop")]
    [InlineData("-Task -5", "Task", "-5")]
    [InlineData("-up", "Up", true)]
    [InlineData("-Up:$false", "Up", false)]
    [InlineData("-Verbose", "Verbose", true)]
    public void A_value_stays_what_it_is(string line, string name, object expected) => Assert.Equal(expected, Bind(line).Named[name]);

    [Fact]
    public void Positions_go_to_the_parameters_that_are_free()
    {
        var bound = Bind("-Task Lab a,b 1,2 rest");
        Assert.Equal([new[] { "a", "b" }, new[] { "1", "2" }, "rest"], bound.Positional);
    }

    [Fact]
    public void After_two_dashes_nothing_is_a_name()
    {
        var bound = Bind("-- -Up");
        Assert.Empty(bound.Named);
        Assert.Equal(["-Up"], bound.Positional);
    }

    [Theory]
    [InlineData("-Nothing", "no parameter -Nothing. It has: -Task, -Node")]
    [InlineData("-Task", "-Task lacks its value")]
    [InlineData("-Up:perhaps", "neither true nor false")]
    [InlineData("-Out x", "fits several parameters: -OutVariable, -OutBuffer")]
    public void What_does_not_fit_is_named(string line, string message) =>
        Assert.Contains(message, Assert.Throws<UsageException>(() => Bind(line)).Message, StringComparison.Ordinal);

    private static ScriptArguments Bind(string line)
    {
        var ast = Parser.ParseInput(Declared, out _, out var errors);
        Assert.Empty(errors);
        return ScriptArguments.Bind(ast.ParamBlock, line.Split(' '));
    }
}
