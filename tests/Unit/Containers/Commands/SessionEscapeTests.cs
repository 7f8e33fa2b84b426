using System.Text;
using PisaHpc.Containers.Commands;

namespace PisaHpc.Unit.Containers.Commands;

public sealed class SessionEscapeTests
{
    [Theory]
    [InlineData("ls -l ~.\r", "ls -l ~.\r")]
    [InlineData("~/bin/x\r~~.\r", "~/bin/x\r~.\r")]
    [InlineData("x\r~", "x\r")]
    [InlineData("~.", null)]
    [InlineData("ls\r~.", null)]
    [InlineData("ls\n~.more", null)]
    public void Two_keys_at_the_beginning_of_a_line_end_the_session_however_they_come(string typed, string? passed)
    {
        Assert.Equal(passed, Pass(typed, typed.Length));
        Assert.Equal(passed, Pass(typed, 1));
    }

    private static string? Pass(string typed, int size)
    {
        var escape = new SessionEscape();
        var passed = "";
        foreach (var keys in Encoding.ASCII.GetBytes(typed).Chunk(size))
        {
            if (escape.Pass(keys) is not { } some)
            {
                return null;
            }

            passed += Encoding.ASCII.GetString(some);
        }

        return passed;
    }
}
