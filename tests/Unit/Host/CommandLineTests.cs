using PisaHpc.Host;

namespace PisaHpc.Unit.Host;

public sealed class CommandLineTests
{
    [Fact]
    public void Options_may_stand_in_any_order_before_or_after_the_command()
    {
        var options = CommandLine.Read(["-NonInteractive", "-c", "1", "--output-format", "JSON", "-NoProfile"]);
        Assert.Equal(("1", OutputFormat.Json, false), (options.Command, options.Format, options.NoModule));
    }

    [Fact]
    public void An_array_may_be_asked_for_before_the_format_is() =>
        Assert.True(CommandLine.Read(["-AsArray", "-o", "Json", "-f", "a.ps1"]).AsArray);

    [Fact]
    public void Everything_after_a_script_is_the_scripts()
    {
        var options = CommandLine.Read(["-NoModule", "-f", "a.ps1", "-c", "-NonInteractive"]);
        Assert.Equal("a.ps1", options.File);
        Assert.Equal(["-c", "-NonInteractive"], options.FileArguments);
    }

    [Fact]
    public void A_script_may_stand_without_its_option()
    {
        var options = CommandLine.Read(["a.ps1", "x"]);
        Assert.Equal(("a.ps1", "x"), (options.File, Assert.Single(options.FileArguments)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(true, "-NoModule", "-NonInteractive")]
    [InlineData(false, "-o", "Json")]
    [InlineData(false, "-c", "-")]
    [InlineData(false, "-f", "-")]
    public void A_person_is_who_names_nothing_to_run(bool isForPerson, params string[] arguments) =>
        Assert.Equal(isForPerson, CommandLine.Read(arguments).IsForPerson);

    [Theory]
    [InlineData("is left over after the command", "-c", "Get-HpcAllocation", "-Node", "o2wn01")]
    [InlineData("exclude each other", "-c", "1", "-f", "a.ps1")]
    [InlineData("'7' is not an output format", "-o", "7")]
    [InlineData("'xml' is not an output format", "-o", "xml")]
    [InlineData("-AsArray is of a JSON document alone", "-AsArray", "-c", "1")]
    [InlineData("-AsArray is of a JSON document alone", "-AsArray", "-o", "Jsonl", "-c", "1")]
    [InlineData("'-c' lacks its value", "-c")]
    [InlineData("'-File' lacks its value", "-File")]
    public void What_does_not_fit_is_named(string message, params string[] arguments) =>
        Assert.Contains(message, Assert.Throws<UsageException>(() => CommandLine.Read(arguments)).Message, StringComparison.Ordinal);
}
