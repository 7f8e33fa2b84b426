using System.Text;
using PisaHpc.Adapters.Engines.Docker;

namespace PisaHpc.Unit.Engines.Docker;

/// <summary>The line with which a command in a container begins.</summary>
public class ExecutionScriptsTests
{
    private const string Line = "pisahpc-execution 77 (sh) R 0 77 77 0 -1 4194560 995 0 0 0 2 1 0 0 20 0 1 0 2520874 2322432 380 0";

    [Theory]
    [InlineData(Line + "\nfirst\n", "first\n")]
    [InlineData(Line + "\r\nfirst\r\n", "first\r\n")]
    [InlineData(Line + "\n", "")]
    [InlineData("a profile's word\n" + Line + "\nfirst", "first")]
    public void The_first_line_tells_the_process_and_the_rest_is_the_command_s(string text, string rest)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Assert.Equal(new ExecutionLeader(77, "2520874"), ExecutionScripts.TryReadHead(bytes, out var length));
        Assert.Equal(rest, Encoding.UTF8.GetString(bytes.AsSpan(length)));
    }

    [Fact]
    public void A_program_s_name_may_hold_what_separates_the_fields() => Assert.Equal(
        new ExecutionLeader(77, "2520874"),
        ExecutionScripts.TryReadHead(Encoding.UTF8.GetBytes(Line.Replace("(sh)", "(a) b (c)", StringComparison.Ordinal) + "\n"), out _));

    [Fact]
    public void A_line_that_is_not_whole_tells_nothing()
    {
        for (var length = 0; length < Line.Length; length++)
        {
            Assert.Null(ExecutionScripts.TryReadHead(Encoding.UTF8.GetBytes(Line[..length]), out _));
        }
    }
}
