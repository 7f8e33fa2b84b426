using System.Diagnostics;
using System.Text;
using PisaHpc.Adapters.Ssh;
using PisaHpc.Nodes;

namespace PisaHpc.Unit.Ssh;

public class RemoteCommandTests
{
    private static readonly NodeScript Script = NodeScript.Of("Ssh/run-command.sh", typeof(RemoteCommand).Assembly);

    [Theory]
    [InlineData("pisahpc-pid 4711\nhello\n", 4711, "hello\n")]
    [InlineData("Welcome to o2wn01!\npisahpc-pid 4711\n", 4711, "")]
    [InlineData("pisahpc-pid 1\npisahpc-pid 2\n", 1, "pisahpc-pid 2\n")]
    public void The_first_line_is_taken_off_with_what_came_before_it(string output, int processId, string body)
    {
        var bytes = Encoding.UTF8.GetBytes(output);
        Assert.True(RemoteCommand.TryReadHead(bytes, out var found, out var length));
        Assert.Equal(processId, found);
        Assert.Equal(body, Encoding.UTF8.GetString(bytes.AsSpan(length)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("pisahpc-pid 47")]
    [InlineData("pisahpc-pid many\n")]
    [InlineData("This account is not available.\n")]
    public void Output_without_a_whole_first_line_has_none(string output) =>
        Assert.False(RemoteCommand.TryReadHead(Encoding.UTF8.GetBytes(output), out _, out _));

    [Fact]
    public void The_line_s_values_are_arguments_of_a_script_and_never_in_it() => Assert.Equal(
        LoginShellLine.Of($"set -- none exec '' printf %s 'it'\\''s; rm -rf $HOME'\n{Script.Text}"),
        RemoteCommand.WithoutInput(["printf", "%s", "it's; rm -rf $HOME"]).ExecLine);

    /// <summary>By its arguments a removal finds who still uses what goes (job-directory-remove.sh).</summary>
    [Theory]
    [InlineData("write:/run/pisahpc/4711", true)]
    [InlineData("it's", false)]
    public void A_script_is_run_by_the_login_s_own_shell_that_a_list_of_processes_shows_with_its_arguments(string argument, bool own)
    {
        var script = new NodeScript("Folder/name.sh", "echo $$; tr '\\0' '\\n' </proc/$$/cmdline | tail -n 1");
        var line = RemoteCommand.WithoutInput(script.Command(argument)).ExecLine;
        var start = new ProcessStartInfo("sh", ["-c", line]) { RedirectStandardOutput = true };
        using var shell = Process.Start(start)!;
        Assert.Equal($"pisahpc-pid {shell.Id}\n{shell.Id}\n{argument}\n", shell.StandardOutput.ReadToEnd());
        Assert.Equal(own, line.EndsWith($" -- '{argument}'", StringComparison.Ordinal));
    }

    [Fact]
    public void A_command_without_input_is_not_held() =>
        Assert.Equal(RemoteCommand.WithoutInput(["true"]).ExecLine, RemoteCommand.WithoutInput(["true"]).DrainInputLine);

    [Fact]
    public void A_command_with_input_is_held_until_its_input_ends() => Assert.Equal(
        LoginShellLine.Of($"set -- whole drain '' true\n{Script.Text}"), RemoteCommand.WithInput(["true"]).DrainInputLine);

    [Fact]
    public void A_command_sees_the_variables_of_its_account_as_they_are()
    {
        string[] names = ["input", "end", "key", "code", "go", "how"];
        var start = new ProcessStartInfo("sh", ["-c", RemoteCommand.WithoutInput(["env"]).ExecLine]) { RedirectStandardOutput = true };
        foreach (var name in names)
        {
            start.Environment[name] = "the account's";
        }

        using var shell = Process.Start(start)!;
        var seen = shell.StandardOutput.ReadToEnd().Split('\n');
        Assert.All(names, name => Assert.Contains($"{name}=the account's", seen));
    }

    [Fact]
    public void A_command_without_a_program_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => RemoteCommand.WithInput([]));
}
