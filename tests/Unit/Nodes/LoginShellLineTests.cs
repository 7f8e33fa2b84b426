using System.Diagnostics;
using PisaHpc.Nodes;

namespace PisaHpc.Unit.Nodes;

public class LoginShellLineTests
{
    [Fact]
    public void A_line_shows_its_script_but_for_what_some_shell_would_read_otherwise() => Assert.Equal(
        "exec /bin/sh -c 'eval \"$(printf %b \"$@\")\"' sh 'set -- \\0047a b\\0047\\necho \"$1\\0041\" \\0134 \\0303\\0274'",
        LoginShellLine.Of("set -- 'a b'\necho \"$1!\" \\ ü"));

    [Fact]
    public void A_line_is_printable_ASCII_without_what_quotes_differ_in()
    {
        var every = string.Concat(Enumerable.Range(1, 0x2FF).Select(code => (char)code));
        var line = LoginShellLine.Of(every);
        Assert.All(line, c => Assert.InRange(c, ' ', '~'));
        Assert.DoesNotContain('!', line);
        Assert.DoesNotContain("\\\\", line, StringComparison.Ordinal);
        Assert.DoesNotContain("\\'", line, StringComparison.Ordinal);
        Assert.DoesNotContain("''", line, StringComparison.Ordinal);
    }

    [Fact]
    public void No_word_is_longer_than_an_old_csh_takes()
    {
        var line = LoginShellLine.Of(string.Concat(Enumerable.Repeat("it's a line\n", 5_000)));
        var words = line[(line.IndexOf(" sh '", StringComparison.Ordinal) + 5)..^1].Split("' '");
        Assert.All(words, word => Assert.InRange(word.Length, 1, 1023));
    }

    [Fact]
    public void A_script_in_many_words_runs_as_it_is_wherever_it_is_cut()
    {
        foreach (var shift in Enumerable.Range(0, 20))
        {
            var text = new string('x', shift) + string.Concat(Enumerable.Repeat("'\\!\n7 ", 500));
            using var shell = Process.Start(
                new ProcessStartInfo("sh", ["-c", LoginShellLine.Of("printf %s " + ShellQuoting.Quote(text))]) { RedirectStandardOutput = true })!;
            Assert.Equal(text, shell.StandardOutput.ReadToEnd());
        }
    }
}
